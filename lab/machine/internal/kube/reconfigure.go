package kube

import (
	"bytes"
	"maps"
	"slices"

	"github.com/siderolabs/talos/pkg/machinery/config"
)

// Reconfigure takes up a changed machine config and gives the services that must be started again for it, Talos' way: what runs is started again when
// what it is started with changes. Labels, taints and manifests are taken up by themselves.
func (k *Kubernetes) Reconfigure(c config.Provider) ([]string, error) {
	before, err := k.definitions()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.current = c
	k.mu.Unlock()
	after, err := k.definitions()
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, id := range slices.Sorted(maps.Keys(after)) {
		if !bytes.Equal(before[id], after[id]) {
			changed = append(changed, id)
		}
	}
	return changed, nil
}

// definitions are all that the services are made of out of the machine config.
func (k *Kubernetes) definitions() (map[string][]byte, error) {
	kubelet, err := k.kubeletConfiguration()
	if err != nil {
		return nil, err
	}
	parts := map[string][]any{
		"kubelet":   {kubelet, k.config().Machine().Kubelet().ExtraArgs(), k.nodeEndpoint(), string(k.acceptedCAs())},
		"kubeprism": {k.config().Machine().Features().KubePrism().Port(), k.config().Cluster().Endpoint().String()},
	}
	if k.isControlPlane() {
		cluster := k.config().Cluster()
		parts["secrets"] = []any{cluster.CertSANs(), cluster.Endpoint().String(), cluster.Network().DNSDomain(), string(k.acceptedCAs()), string(k.encryption())}
		server := cluster.APIServer()
		parts["kube-apiserver"] = []any{
			server.ExtraArgs(), server.Env(), k.apiServerFiles(), cluster.Endpoint().String(), cluster.Network().ServiceCIDRs(), string(k.encryption()),
		}
		manager := cluster.ControllerManager()
		parts["kube-controller-manager"] = []any{
			manager.ExtraArgs(), manager.Env(), cluster.Network().PodCIDRs(), cluster.Network().ServiceCIDRs(), string(k.acceptedCAs()),
		}
		scheduler := cluster.Scheduler()
		parts["kube-scheduler"] = []any{scheduler.ExtraArgs(), scheduler.Env(), scheduler.Config()}
	}
	definitions := map[string][]byte{}
	for id, part := range parts {
		definitions[id] = document(part)
	}
	return definitions, nil
}
