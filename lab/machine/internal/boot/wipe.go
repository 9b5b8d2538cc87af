package boot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"talos-cloud-edge/lab/machine/internal/platform"
)

// RequestWipe has partitions (STATE, EPHEMERAL) wiped once everything in the machine has ended, and before it boots again.
func RequestWipe(dir platform.Dir, partitions []string) error {
	content, err := json.Marshal(partitions)
	if err != nil {
		return err
	}
	return os.WriteFile(dir.Wipe(), content, 0o644)
}

// wipe does what was requested. The request goes last: a wipe that a power cut interrupted is done again.
func wipe(dir platform.Dir) error {
	content, err := os.ReadFile(dir.Wipe())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var partitions []string
	if err := json.Unmarshal(content, &partitions); err != nil {
		return fmt.Errorf("%s: %w", dir.Wipe(), err)
	}
	for _, partition := range partitions {
		folder := dir.State()
		if partition == "EPHEMERAL" {
			folder = dir.Ephemeral()
		}
		if err := empty(folder); err != nil {
			return err
		}
	}
	return os.Remove(dir.Wipe())
}

func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
