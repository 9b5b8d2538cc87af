package machine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"talos-cloud-edge/lab/machine/internal/platform"
)

// identity is who the machine is across reboots, and until STATE is wiped.
type identity struct {
	NodeID string `yaml:"nodeId"`
}

func loadIdentity() (*identity, error) {
	path := filepath.Join(platform.StateDir, "node-identity.yaml")
	id := &identity{}
	content, err := os.ReadFile(path)
	if err == nil {
		return id, yaml.Unmarshal(content, id)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	id.NodeID = base64.RawURLEncoding.EncodeToString(secret)
	content, err = yaml.Marshal(id)
	if err != nil {
		return nil, err
	}
	return id, os.WriteFile(path, content, 0o600)
}

// machineID is the content of /etc/machine-id.
func (i *identity) machineID() string {
	sum := sha256.Sum256([]byte(i.NodeID))
	return hex.EncodeToString(sum[:16])
}

// stableHostname is the name of a machine that nobody gave one: made of its identity, as Talos does.
func (i *identity) stableHostname() string {
	sum := sha256.Sum256([]byte(i.NodeID))
	digits := strings.Repeat("0", 8) + new(big.Int).SetBytes(sum[:]).Text(36)
	digits = digits[len(digits)-6:]
	return "talos-" + digits[:3] + "-" + digits[3:]
}
