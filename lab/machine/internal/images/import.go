package images

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Import brings the archives in folder into the containerd at socket, under their names. What is there already is left.
func Import(ctx context.Context, socket, folder string, names map[string][]string) error {
	ctr := func(args ...string) (string, error) {
		args = append([]string{"--address", socket, "--namespace", "k8s.io", "images"}, args...)
		var errors bytes.Buffer
		cmd := exec.CommandContext(ctx, "ctr", args...)
		cmd.Stderr = &errors
		output, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("ctr %s: %w: %s", strings.Join(args[4:], " "), err, strings.TrimSpace(errors.String()))
		}
		return string(output), nil
	}
	output, err := ctr("list", "--quiet")
	if err != nil {
		return fmt.Errorf("waiting for containerd: %w", err)
	}
	present := strings.Fields(output)
	for _, archive := range slices.Sorted(maps.Keys(names)) {
		file := filepath.Join(folder, archive+".tar")
		own, err := ownName(file)
		if err != nil {
			return err
		}
		changed := !slices.Contains(present, own)
		if changed {
			if _, err := ctr("import", file); err != nil {
				return err
			}
		}
		for _, name := range names[archive] {
			if !changed && slices.Contains(present, name) {
				continue
			}
			if _, err := ctr("tag", "--force", own, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// ownName is the name that an archive itself gives to its image; it changes with the content.
func ownName(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	reader := tar.NewReader(file)
	header, err := reader.Next()
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	var content []manifest
	if err := json.NewDecoder(reader).Decode(&content); err != nil || header.Name != manifestName {
		return "", fmt.Errorf("%s: no image archive of the lab", path)
	}
	return content[0].RepoTags[0], nil
}
