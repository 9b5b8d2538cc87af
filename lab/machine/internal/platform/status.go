package platform

import (
	"encoding/json"
	"os"
	"sync"

	"talos-cloud-edge/lab/machine/internal/service"
)

// Stage of a machine's life.
type Stage string

const (
	StageBooting     Stage = "booting"
	StageMaintenance Stage = "maintenance"
	StageConfigured  Stage = "configured"
	StageRunning     Stage = "running"
	StageOff         Stage = "off"
)

// Status is what the lab may read of a machine at any time.
type Status struct {
	Stage     Stage    `json:"stage"`
	Hostname  string   `json:"hostname"`
	Role      string   `json:"role"`
	Addresses []string `json:"addresses"`
	// Problem is what the machine waits for or what failed.
	Problem string `json:"problem,omitempty"`
	// NodeReady is whether Kubernetes has the machine's Node as Ready.
	NodeReady bool            `json:"nodeReady,omitempty"`
	Services  []ServiceStatus `json:"services"`
}

// ServiceStatus is how one service is.
type ServiceStatus struct {
	ID      string        `json:"id"`
	State   service.State `json:"state"`
	Healthy bool          `json:"healthy"`
	Message string        `json:"message"`
}

// StatusFile keeps a machine's status in its file.
type StatusFile struct {
	path string
	mu   sync.Mutex
	last string
}

// NewStatusFile writes to the status file of dir.
func NewStatusFile(dir Dir) *StatusFile { return &StatusFile{path: dir.Status()} }

// Write replaces the file at once, so that a reader never sees half of it.
func (f *StatusFile) Write(s Status) error {
	if s.Addresses == nil {
		s.Addresses = []string{}
	}
	if s.Services == nil {
		s.Services = []ServiceStatus{}
	}
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if string(content) == f.last {
		return nil
	}
	f.last = string(content)
	next := f.path + ".next"
	if err := os.WriteFile(next, append(content, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(next, f.path)
}
