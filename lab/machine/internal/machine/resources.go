package machine

import (
	"context"
	"reflect"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/resource/meta"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/cosi-project/runtime/pkg/state/impl/inmem"
	"github.com/cosi-project/runtime/pkg/state/impl/namespaced"
	"github.com/cosi-project/runtime/pkg/state/registry"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
	"github.com/siderolabs/talos/pkg/machinery/resources/cluster"
	configres "github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/hardware"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/siderolabs/talos/pkg/machinery/resources/v1alpha1"
)

// newResources makes the state that `talosctl get` reads, with the resource types that a machine of the lab has.
func newResources(ctx context.Context) (state.State, error) {
	st := state.WrapCore(namespaced.NewState(func(ns string) state.CoreState { return inmem.NewState(ns) }))
	namespaces, types := registry.NewNamespaceRegistry(st), registry.NewResourceRegistry(st)
	if err := namespaces.RegisterDefault(ctx); err != nil {
		return nil, err
	}
	if err := types.RegisterDefault(ctx); err != nil {
		return nil, err
	}
	for name, description := range map[string]string{
		v1alpha1.NamespaceName:  "Talos v1alpha1 subsystems glue resources.",
		cluster.NamespaceName:   "Cluster configuration and discovery resources.",
		configres.NamespaceName: "Talos node configuration.",
		hardware.NamespaceName:  "Hardware resources.",
		k8s.NamespaceName:       "Kubernetes all node types resources.",
		network.NamespaceName:   "Networking resources.",
	} {
		if err := namespaces.Register(ctx, name, description); err != nil {
			return nil, err
		}
	}
	for _, kind := range []meta.ResourceWithRD{
		&block.VolumeStatus{}, &cluster.Identity{}, &cluster.Member{}, &configres.MachineConfig{}, &configres.MachineType{},
		&hardware.SystemInformation{}, &k8s.Nodename{}, &k8s.NodeIP{}, &k8s.NodeStatus{}, &k8s.StaticPodStatus{}, &network.AddressStatus{},
		&network.HostnameStatus{}, &network.NodeAddress{}, &runtime.Diagnostic{}, &runtime.ExtensionServiceConfig{}, &runtime.ExtensionStatus{},
		&runtime.MachineStatus{}, &v1alpha1.Service{},
	} {
		if err := types.Register(ctx, kind); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// put creates or updates a resource; one that is as it was is left alone, so that watchers hear of changes only.
func (m *Machine) put(ctx context.Context, r resource.Resource) error {
	current, err := m.Resources.Get(ctx, r.Metadata())
	if state.IsNotFoundError(err) {
		return m.Resources.Create(ctx, r)
	}
	if err != nil || reflect.DeepEqual(current.Spec(), r.Spec()) {
		return err
	}
	r.Metadata().SetVersion(current.Metadata().Version())
	return m.Resources.Update(ctx, r)
}

// keepOnly destroys the resources of r's type that are not among ids.
func (m *Machine) keepOnly(ctx context.Context, r resource.Resource, ids map[resource.ID]bool) error {
	all, err := m.Resources.List(ctx, resource.NewMetadata(r.Metadata().Namespace(), r.Metadata().Type(), "", resource.VersionUndefined))
	if err != nil {
		return err
	}
	for _, item := range all.Items {
		if !ids[item.Metadata().ID()] {
			if err := m.Resources.Destroy(ctx, item.Metadata()); err != nil {
				return err
			}
		}
	}
	return nil
}
