package machine

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/siderolabs/talos/pkg/machinery/api/common"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
	"github.com/siderolabs/talos/pkg/machinery/resources/cluster"
	configres "github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/hardware"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/siderolabs/talos/pkg/machinery/resources/v1alpha1"

	"talos-cloud-edge/lab/machine/internal/platform"
	"talos-cloud-edge/lab/machine/internal/service"
)

// staticPods are Talos' static pods, which are services of the machine here.
var staticPods = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"}

// publish writes what the machine is into its resources, and events of what has changed.
func (m *Machine) publish(ctx context.Context, stage runtime.MachineStage, unmet []string, services []service.Info) error {
	return errors.Join(
		m.publishStage(ctx, stage, unmet),
		m.publishServices(ctx, services),
		m.publishNetwork(ctx),
		m.publishConfig(ctx),
		m.publishSystem(ctx),
	)
}

func (m *Machine) publishStage(ctx context.Context, stage runtime.MachineStage, unmet []string) error {
	status := runtime.NewMachineStatus()
	status.TypedSpec().Stage = stage
	status.TypedSpec().Status.Ready = len(unmet) == 0
	event := &machineapi.MachineStatusEvent{Stage: eventStages[stage], Status: &machineapi.MachineStatusEvent_MachineStatus{Ready: len(unmet) == 0}}
	for _, reason := range unmet {
		status.TypedSpec().Status.UnmetConditions = append(status.TypedSpec().Status.UnmetConditions, runtime.UnmetCondition{Name: "services", Reason: reason})
		event.Status.UnmetConditions = append(event.Status.UnmetConditions, &machineapi.MachineStatusEvent_MachineStatus_UnmetCondition{Name: "services", Reason: reason})
	}
	before, err := m.Resources.Get(ctx, status.Metadata())
	if err := m.put(ctx, status); err != nil {
		return err
	}
	if after, getErr := m.Resources.Get(ctx, status.Metadata()); getErr == nil && (err != nil || !after.Metadata().Version().Equal(before.Metadata().Version())) {
		m.Events.Publish("", event)
	}
	return nil
}

func (m *Machine) publishServices(ctx context.Context, services []service.Info) error {
	ids, pods := map[resource.ID]bool{}, map[resource.ID]bool{}
	for _, info := range services {
		if isStaticPod(info.ID) {
			status := k8s.NewStaticPodStatus(k8s.NamespaceName, "kube-system/"+info.ID+"-"+m.Network.Hostname())
			status.TypedSpec().PodStatus = podStatus(info)
			pods[status.Metadata().ID()] = true
			if err := m.put(ctx, status); err != nil {
				return err
			}
			continue
		}
		r := v1alpha1.NewService(info.ID)
		r.TypedSpec().Running = info.State == service.StateRunning
		r.TypedSpec().Healthy = info.Healthy
		r.TypedSpec().Unknown = info.HealthUnknown
		ids[info.ID] = true
		if err := m.put(ctx, r); err != nil {
			return err
		}
	}
	return errors.Join(m.keepOnly(ctx, v1alpha1.NewService(""), ids), m.keepOnly(ctx, k8s.NewStaticPodStatus(k8s.NamespaceName, ""), pods))
}

func isStaticPod(id string) bool {
	for _, pod := range staticPods {
		if id == pod {
			return true
		}
	}
	return false
}

// podStatus is a service's state in the words of a pod's status.
func podStatus(info service.Info) map[string]any {
	phase, ready := "Pending", "False"
	if info.State == service.StateRunning {
		phase = "Running"
		if info.Healthy || info.HealthUnknown {
			ready = "True"
		}
	}
	return map[string]any{"phase": phase, "conditions": []any{map[string]any{"type": "Ready", "status": ready}}}
}

func (m *Machine) publishNetwork(ctx context.Context) error {
	hostname := network.NewHostnameStatus(network.NamespaceName, network.HostnameID)
	hostname.TypedSpec().Hostname, hostname.TypedSpec().Domainname, _ = strings.Cut(m.Network.Hostname(), ".")
	results := []error{m.put(ctx, hostname)}
	addresses := m.Network.Addresses()
	for id, list := range map[string][]netip.Addr{
		network.NodeAddressDefaultID: addresses[:min(1, len(addresses))], network.NodeAddressCurrentID: addresses, network.NodeAddressRoutedID: addresses,
		network.FilteredNodeAddressID(network.NodeAddressCurrentID, k8s.NodeAddressFilterNoK8s): m.Network.NodeAddresses(),
	} {
		r := network.NewNodeAddress(network.NamespaceName, id)
		for _, address := range list {
			r.TypedSpec().Addresses = append(r.TypedSpec().Addresses, netip.PrefixFrom(address, address.BitLen()))
		}
		results = append(results, m.put(ctx, r))
	}
	return errors.Join(results...)
}

func (m *Machine) publishConfig(ctx context.Context) error {
	c := m.Config()
	if c == nil {
		return nil
	}
	results := []error{m.putConfig(ctx, configres.NewMachineConfig(c))}
	if c.Machine() != nil {
		kind := configres.NewMachineType()
		kind.SetMachineType(c.Machine().Type())
		nodename := k8s.NewNodename(k8s.NamespaceName, k8s.NodenameID)
		nodename.TypedSpec().Nodename = m.Network.Hostname()
		results = append(results, m.put(ctx, kind), m.put(ctx, nodename))
	}
	if ip, err := m.Network.NodeIP(); err == nil {
		r := k8s.NewNodeIP(k8s.NamespaceName, k8s.KubeletID)
		r.TypedSpec().Addresses = []netip.Addr{ip}
		results = append(results, m.put(ctx, r))
	}
	ids := map[resource.ID]bool{}
	for _, extension := range c.ExtensionServiceConfigs() {
		r := runtime.NewExtensionServiceConfigSpec(runtime.NamespaceName, extension.Name())
		r.TypedSpec().Environment = extension.Environment()
		for _, file := range extension.ConfigFiles() {
			r.TypedSpec().Files = append(r.TypedSpec().Files, runtime.ExtensionServiceConfigFile{Content: file.Content(), MountPath: file.MountPath()})
		}
		ids[extension.Name()] = true
		results = append(results, m.put(ctx, r))
	}
	results = append(results, m.keepOnly(ctx, runtime.NewExtensionServiceConfigSpec(runtime.NamespaceName, ""), ids))
	return errors.Join(results...)
}

// PublishMembers writes who is in the cluster.
func (m *Machine) PublishMembers(ctx context.Context, members []cluster.MemberSpec) error {
	ids, results := map[resource.ID]bool{}, []error{}
	for _, member := range members {
		r := cluster.NewMember(cluster.NamespaceName, member.Hostname)
		*r.TypedSpec() = member
		ids[member.Hostname] = true
		results = append(results, m.put(ctx, r))
	}
	return errors.Join(append(results, m.keepOnly(ctx, cluster.NewMember(cluster.NamespaceName, ""), ids))...)
}

// putConfig compares configs by their text: that is all that their readers see.
func (m *Machine) putConfig(ctx context.Context, r *configres.MachineConfig) error {
	current, err := m.Resources.Get(ctx, r.Metadata())
	if err == nil {
		before, beforeErr := current.(*configres.MachineConfig).Provider().Bytes()
		after, afterErr := r.Provider().Bytes()
		if beforeErr == nil && afterErr == nil && string(before) == string(after) {
			return nil
		}
	}
	return m.put(ctx, r)
}

func (m *Machine) publishSystem(ctx context.Context) error {
	identity := cluster.NewIdentity(cluster.NamespaceName, cluster.LocalIdentity)
	identity.TypedSpec().NodeID = m.identity.NodeID
	system := hardware.NewSystemInformation(hardware.SystemInformationID)
	system.TypedSpec().UUID = m.Platform.UUID
	results := []error{m.put(ctx, identity), m.put(ctx, system)}
	for i, name := range m.Platform.Extensions {
		r := runtime.NewExtensionStatus(runtime.NamespaceName, strconv.Itoa(i))
		r.TypedSpec().Image = "container:" + strconv.Itoa(i)
		r.TypedSpec().Metadata.Name = name[strings.LastIndexByte(name, '/')+1:]
		r.TypedSpec().Metadata.Author = "Sidero Labs"
		results = append(results, m.put(ctx, r))
	}
	for label, folder := range map[string]string{"STATE": platform.StateDir, "EPHEMERAL": platform.EphemeralDir} {
		r := block.NewVolumeStatus(block.NamespaceName, label)
		r.TypedSpec().Phase = block.VolumePhaseReady
		r.TypedSpec().Type = block.VolumeTypePartition
		r.TypedSpec().Location = folder
		var fs syscall.Statfs_t
		if err := syscall.Statfs(folder, &fs); err == nil {
			r.TypedSpec().SetSize(fs.Blocks * uint64(fs.Bsize))
		}
		results = append(results, m.put(ctx, r))
	}
	return errors.Join(results...)
}

func toError(err error) *common.Error { return &common.Error{Message: err.Error()} }
