package machine

import (
	"context"
	"strings"
	"time"

	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"

	"talos-cloud-edge/lab/machine/internal/boot"
	"talos-cloud-edge/lab/machine/internal/platform"
)

const (
	// answered is the time that an API call has to bring its answer home before the machine goes down.
	answered     = 500 * time.Millisecond
	stopTimeout  = 20 * time.Second
	leaveTimeout = 60 * time.Second
)

// stoppedLast are the services that others need while they stop.
var stoppedLast = []string{"cri", "etcd", "kubeprism", "ext-tailscale", "apid", "machined"}

// Reset says what a reset does.
type Reset struct {
	// Graceful has a control plane leave etcd first.
	Graceful bool
	Reboot   bool
	// Partitions are wiped: STATE, EPHEMERAL.
	Partitions []string
}

// Reboot stops everything and boots again.
func (m *Machine) Reboot(actorID string) {
	m.down(actorID, "reboot", runtime.MachineStageRebooting, func() error { return nil }, boot.Reboot)
}

// Shutdown stops everything and switches the machine off.
func (m *Machine) Shutdown(actorID string) {
	m.down(actorID, "shutdown", runtime.MachineStageShuttingDown, func() error { return nil }, boot.Off)
}

// Reset wipes partitions, and reboots or switches off.
func (m *Machine) Reset(actorID string, options Reset) {
	power := boot.Off
	if options.Reboot {
		power = boot.Reboot
	}
	m.down(actorID, "reset", runtime.MachineStageResetting, func() error {
		if options.Graceful && m.LeaveCluster != nil && m.IsControlPlane() {
			m.task(actorID, "leaveEtcd", machineapi.TaskEvent_START)
			ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
			defer cancel()
			if err := m.LeaveCluster(ctx); err != nil {
				return err
			}
			m.task(actorID, "leaveEtcd", machineapi.TaskEvent_STOP)
		}
		if len(options.Partitions) == 0 {
			return nil
		}
		m.Log.Printf("wiping %s", strings.Join(options.Partitions, ", "))
		return boot.RequestWipe(platform.Inside, options.Partitions)
	}, power)
}

// down runs a sequence that ends the boot, once. A sequence that fails leaves the machine running, as in Talos.
func (m *Machine) down(actorID, sequence string, stage runtime.MachineStage, before func() error, power func()) {
	m.mu.Lock()
	busy, former := m.powering, m.stage
	m.powering = true
	m.mu.Unlock()
	if busy {
		return
	}
	m.Log.Printf("%s sequence: 1 phase(s)", sequence)
	m.SetStage(stage)
	m.Events.Publish(actorID, &machineapi.SequenceEvent{Sequence: sequence, Action: machineapi.SequenceEvent_START})
	if err := before(); err != nil {
		m.Log.Printf("%s sequence failed: %v", sequence, err)
		m.Events.Publish(actorID, &machineapi.SequenceEvent{
			Sequence: sequence, Action: machineapi.SequenceEvent_NOOP,
			Error: toError(err),
		})
		m.mu.Lock()
		m.powering = false
		m.mu.Unlock()
		m.SetStage(former)
		return
	}
	m.task(actorID, "stopAllServices", machineapi.TaskEvent_START)
	time.Sleep(answered)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := m.Services.Shutdown(ctx, stoppedLast...); err != nil {
		m.Log.Printf("services did not stop in time: %v", err)
	}
	m.Log.Printf("%s sequence: done", sequence)
	power()
}

func (m *Machine) task(actorID, name string, action machineapi.TaskEvent_Action) {
	m.Events.Publish(actorID, &machineapi.TaskEvent{Task: name, Action: action})
}
