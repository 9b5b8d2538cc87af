// Package machine is the core of a Talos machine: its config, its services, its stage and what it says of itself.
package machine

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cosi-project/runtime/pkg/state"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"

	"talos-cloud-edge/lab/machine/internal/network"
	"talos-cloud-edge/lab/machine/internal/platform"
	"talos-cloud-edge/lab/machine/internal/service"
)

// Machine is one booted machine.
type Machine struct {
	Platform  *platform.Platform
	Log       *log.Logger
	Network   *network.Network
	Services  *service.Supervisor
	Events    *Events
	Resources state.State
	// LeaveCluster takes the machine out of etcd before a graceful reset. Nil where there is nothing to leave.
	LeaveCluster func(ctx context.Context) error

	identity *identity
	telling  sync.Mutex
	status   *platform.StatusFile

	mu        sync.Mutex
	config    config.Provider
	stage     runtime.MachineStage
	problem   string
	nodeReady bool
	listeners []func()
	rollback  *time.Timer
	powering  bool
	changed   chan struct{}
}

// New makes the machine of a platform, inside its namespaces and root.
func New(p *platform.Platform, logger *log.Logger) (*Machine, error) {
	id, err := loadIdentity()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile("/etc/machine-id", []byte(id.machineID()+"\n"), 0o444); err != nil {
		return nil, err
	}
	// Kubernetes shows it as the Node's OS image.
	release := fmt.Sprintf("NAME=\"Talos\"\nID=talos\nVERSION_ID=%[1]s\nPRETTY_NAME=\"Talos (%[1]s)\"\n", p.TalosVersion)
	if err := os.WriteFile("/etc/os-release", []byte(release), 0o444); err != nil {
		return nil, err
	}
	resources, err := newResources(context.Background())
	if err != nil {
		return nil, err
	}
	m := &Machine{
		Platform: p, Log: logger, Events: NewEvents(), Resources: resources, identity: id,
		status: platform.NewStatusFile(platform.Inside), stage: runtime.MachineStageBooting, changed: make(chan struct{}, 1),
	}
	m.Network = network.New(p, logger, id.stableHostname(), m.Changed)
	m.Services = service.New(platform.Inside.Logs(), m.Changed)
	go m.keepStatus()
	return m, nil
}

// Config is the machine's config; nil in maintenance mode.
func (m *Machine) Config() config.Provider {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.config
}

// IsControlPlane is false for workers and for machines without a config.
func (m *Machine) IsControlPlane() bool {
	c := m.Config()
	return c != nil && c.Machine() != nil && c.Machine().Type().IsControlPlane()
}

// Changed has the machine's status and resources brought up to date soon.
func (m *Machine) Changed() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// OnConfig has f called after each change of the config, never twice at once.
func (m *Machine) OnConfig(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listeners = append(m.listeners, f)
}

// SetStage says where in its life the machine is.
func (m *Machine) SetStage(stage runtime.MachineStage) {
	m.mu.Lock()
	m.stage = stage
	m.mu.Unlock()
	m.Changed()
}

// SetProblem says what holds the machine up; an empty one takes it back.
func (m *Machine) SetProblem(format string, args ...any) {
	problem := fmt.Sprintf(format, args...)
	m.mu.Lock()
	news := problem != m.problem && problem != ""
	m.problem = problem
	m.mu.Unlock()
	if news {
		m.Log.Print(problem)
	}
	m.Changed()
}

// SetNodeReady says whether the machine's Node is Ready in Kubernetes.
func (m *Machine) SetNodeReady(ready bool) {
	m.mu.Lock()
	m.nodeReady = ready
	m.mu.Unlock()
	m.Changed()
}

// setConfig makes c the machine's config, in memory.
func (m *Machine) setConfig(c config.Provider) error {
	m.mu.Lock()
	m.config = c
	listeners := append([]func(){}, m.listeners...)
	m.mu.Unlock()
	if err := m.Network.Configure(c); err != nil {
		return err
	}
	m.Changed()
	// Services that stop and start take their time: whoever brought the config does not wait for them.
	go func() {
		m.telling.Lock()
		defer m.telling.Unlock()
		for _, listener := range listeners {
			listener()
		}
	}()
	return nil
}

// persist writes c to STATE, from where the next boot takes it.
func (m *Machine) persist(c config.Provider) error {
	content, err := c.Bytes()
	if err != nil {
		return err
	}
	path := filepath.Join(platform.StateDir, "config.yaml")
	if err := os.WriteFile(path+".next", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".next", path)
}
