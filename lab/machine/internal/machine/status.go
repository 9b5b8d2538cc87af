package machine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"

	"talos-cloud-edge/lab/machine/internal/platform"
	"talos-cloud-edge/lab/machine/internal/service"
)

const (
	gather  = 50 * time.Millisecond
	atLeast = 5 * time.Second
)

// keepStatus brings status.json, the resources and the stage up to date after each change.
func (m *Machine) keepStatus() {
	for {
		m.refresh()
		select {
		case <-m.changed:
			time.Sleep(gather)
		case <-time.After(atLeast):
		}
	}
}

func (m *Machine) refresh() {
	services := m.Services.All()
	unmet := m.unmet(services)
	m.mu.Lock()
	if m.stage == runtime.MachineStageBooting && m.config != nil && len(services) > 0 && len(unmet) == 0 {
		m.stage = runtime.MachineStageRunning
		m.Log.Printf("machine is running and ready")
	}
	stage, problem := m.stage, m.problem
	m.mu.Unlock()
	if problem == "" && stage != runtime.MachineStageMaintenance && len(unmet) > 0 {
		problem = unmet[0]
	}
	if err := m.status.Write(m.statusOf(stage, problem, services)); err != nil {
		m.Log.Printf("status: %v", err)
	}
	if err := m.publish(context.Background(), stage, unmet, services); err != nil {
		m.Log.Printf("resources: %v", err)
	}
}

// unmet are the reasons why the machine is not ready, what others wait for first.
func (m *Machine) unmet(services []service.Info) []string {
	required := []string{"machined", "apid", "kubelet"}
	if m.IsControlPlane() {
		required = append(required, "trustd", "etcd")
	}
	// What a service waits for is more telling than that another one, which needs it, does not run.
	order := []string{"ext-tailscale", "apid", "trustd", "etcd", "kube-apiserver", "cri", "kubelet"}
	sorted := slices.Clone(services)
	slices.SortStableFunc(sorted, func(a, b service.Info) int { return rank(order, a.ID) - rank(order, b.ID) })
	var reasons []string
	for _, s := range sorted {
		switch {
		case s.State == service.StateFinished && !slices.Contains(required, s.ID):
		case s.State != service.StateRunning:
			reasons = append(reasons, fmt.Sprintf("%s: %s", s.ID, oneLineOf(s.Message)))
		case !s.HealthUnknown && !s.Healthy:
			reasons = append(reasons, fmt.Sprintf("%s not healthy: %s", s.ID, oneLineOf(s.Message)))
		}
	}
	for _, id := range required {
		if !slices.ContainsFunc(services, func(s service.Info) bool { return s.ID == id }) {
			reasons = append(reasons, id+" not running")
		}
	}
	return reasons
}

func rank(order []string, id string) int {
	if i := slices.Index(order, id); i >= 0 {
		return i
	}
	return len(order)
}

func oneLineOf(text string) string { return strings.Join(strings.Fields(text), " ") }

func (m *Machine) statusOf(stage runtime.MachineStage, problem string, services []service.Info) platform.Status {
	s := platform.Status{Hostname: m.Network.Hostname(), Problem: problem}
	m.mu.Lock()
	s.NodeReady = m.nodeReady
	m.mu.Unlock()
	switch stage {
	case runtime.MachineStageMaintenance:
		s.Stage = platform.StageMaintenance
	case runtime.MachineStageRunning:
		s.Stage = platform.StageRunning
	case runtime.MachineStageBooting:
		s.Stage = platform.StageBooting
		if m.Config() != nil {
			s.Stage = platform.StageConfigured
		}
	default:
		s.Stage = platform.StageBooting
	}
	if c := m.Config(); c != nil && c.Machine() != nil {
		s.Role = c.Machine().Type().String()
	}
	for _, address := range m.Network.Addresses() {
		s.Addresses = append(s.Addresses, address.String())
	}
	for _, info := range services {
		s.Services = append(s.Services, platform.ServiceStatus{ID: info.ID, State: info.State, Healthy: info.Healthy, Message: info.Message})
	}
	return s
}

// eventStages are the stages as Talos' event stream names them.
var eventStages = map[runtime.MachineStage]machineapi.MachineStatusEvent_MachineStage{
	runtime.MachineStageBooting:      machineapi.MachineStatusEvent_BOOTING,
	runtime.MachineStageMaintenance:  machineapi.MachineStatusEvent_MAINTENANCE,
	runtime.MachineStageRunning:      machineapi.MachineStatusEvent_RUNNING,
	runtime.MachineStageRebooting:    machineapi.MachineStatusEvent_REBOOTING,
	runtime.MachineStageShuttingDown: machineapi.MachineStatusEvent_SHUTTING_DOWN,
	runtime.MachineStageResetting:    machineapi.MachineStatusEvent_RESETTING,
}
