// Package platform is what a machine stands on: what the lab says of it, and the folder that it lives in.
package platform

import (
	"encoding/json"
	"fmt"
	"os"
)

// Platform is the machine as the lab made it, before any machine config.
type Platform struct {
	// Name is Talos' name for it: gcp, nocloud or metal.
	Name         string   `json:"platform"`
	UUID         string   `json:"uuid"`
	MachineName  string   `json:"name"`
	TalosVersion string   `json:"talosVersion"`
	Extensions   []string `json:"extensions"`
	// Link is the network interface of the machine.
	Link string `json:"link"`
	// DHCP is false where the lab has configured the link.
	DHCP bool `json:"dhcp"`
	// UserData is a file with the machine config that the platform hands out, if any.
	UserData string `json:"userData"`
	Binaries string `json:"binaries"`
	Images   string `json:"images"`
	// ImageNames are further names of the images' busybox.
	ImageNames []string `json:"imageNames"`
	// CAFile has the CA of the lab's public web.
	CAFile string `json:"caFile"`
	// Cgroup is the machine's path below each cgroup hierarchy.
	Cgroup string `json:"cgroup"`
	// Nameserver is for resolv.conf where DHCP gives none.
	Nameserver string `json:"nameserver"`
}

// Load reads the platform of the machine that lives in dir.
func Load(dir Dir) (*Platform, error) {
	content, err := os.ReadFile(dir.Platform())
	if err != nil {
		return nil, err
	}
	p := &Platform{}
	if err := json.Unmarshal(content, p); err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Platform(), err)
	}
	switch p.Name {
	case "gcp", "nocloud", "metal":
	default:
		return nil, fmt.Errorf("%s: platform %q is none of gcp, nocloud, metal", dir.Platform(), p.Name)
	}
	if p.Link == "" {
		p.Link = "eth0"
	}
	return p, nil
}

// Mode is what a machine config is validated for.
func (p *Platform) Mode() Mode {
	if p.Name == "metal" {
		return "metal"
	}
	return "cloud"
}

// Mode is Talos' runtime mode: cloud or metal.
type Mode string

func (m Mode) String() string { return string(m) }

// RequiresInstall is true where a config must say on which disk Talos is installed.
func (m Mode) RequiresInstall() bool { return m == "metal" }

// InContainer is false: a machine of the lab passes for a whole one.
func (m Mode) InContainer() bool { return false }
