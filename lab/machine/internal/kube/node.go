// Package kube runs the Kubernetes side of a machine from its machine config: containerd, kubelet, and on control planes etcd and what Talos runs
// as static pods.
package kube

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"

	"talos-cloud-edge/lab/machine/internal/etcd"
	"talos-cloud-edge/lab/machine/internal/kubeapi"
)

// Node is what the Kubernetes side needs to know of its machine.
type Node struct {
	Config   config.Provider
	Binaries string
	Images   string
	// ImageNames are further names under which the machine has busybox.
	ImageNames []string
	// Extensions that the machine's image has, with their versions; Talos makes labels of them.
	Extensions map[string]string
	Cgroup     string
	Hostname   string
	Log        *log.Logger
	// NodeIP is the first address in machine.kubelet.nodeIP.validSubnets; an error says what is waited for.
	NodeIP func() (netip.Addr, error)
	// NodeReady is told whether the machine's Node is Ready, each time that changes; before the first time it is not.
	NodeReady func(ready bool)
	// Addresses are all of the machine's.
	Addresses func() []netip.Addr
}

// Kubernetes is the Kubernetes side of one machine.
type Kubernetes struct {
	node *Node
	// Etcd is nil on workers.
	Etcd *etcd.Member

	mu      sync.Mutex
	current config.Provider
}

// New makes the Kubernetes side of a machine. Nothing runs until its Services are started.
func New(node *Node) *Kubernetes {
	k := &Kubernetes{node: node, current: node.Config}
	if k.isControlPlane() {
		k.Etcd = etcd.New(etcd.Node{
			Config: k.config, Binaries: node.Binaries, Hostname: node.Hostname, Log: node.Log,
			Addresses: k.ownAddresses, ControlPlanes: k.controlPlanes,
		})
	}
	return k
}

// Member is the machine's etcd member; nil on workers.
func (k *Kubernetes) Member() *etcd.Member { return k.Etcd }

func (k *Kubernetes) config() config.Provider {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}

func (k *Kubernetes) isControlPlane() bool {
	kind := k.config().Machine().Type()
	return kind == machine.TypeControlPlane || kind == machine.TypeInit
}

// ownAddresses are the machine's addresses without loopback and those of pods and Services.
func (k *Kubernetes) ownAddresses() []netip.Addr {
	var networks []netip.Prefix
	network := k.config().Cluster().Network()
	for _, cidr := range slices.Concat(network.PodCIDRs(), network.ServiceCIDRs()) {
		if prefix, err := netip.ParsePrefix(cidr); err == nil {
			networks = append(networks, prefix)
		}
	}
	return slices.DeleteFunc(slices.Clone(k.node.Addresses()), func(address netip.Addr) bool {
		return address.IsLoopback() || address.IsLinkLocalUnicast() ||
			slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(address) })
	})
}

// controlPlanes are the addresses that the cluster endpoint's name stands for.
func (k *Kubernetes) controlPlanes(ctx context.Context) ([]netip.Addr, error) {
	return kubeapi.Resolve(ctx, k.config().Cluster().Endpoint().Hostname())
}

// nodeName is the hostname as Kubernetes wants the name of a Node.
func (k *Kubernetes) nodeName() string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r == '_':
			return '-'
		default:
			return -1
		}
	}, k.node.Hostname)
	return strings.Trim(name, "-.")
}

func (k *Kubernetes) localEndpoint() string {
	return fmt.Sprintf("https://localhost:%d", k.config().Cluster().LocalAPIServerPort())
}

// nodeEndpoint is where the machine's own components reach the API: KubePrism where the config has it.
func (k *Kubernetes) nodeEndpoint() string {
	if prism := k.config().Machine().Features().KubePrism(); prism.Enabled() {
		return fmt.Sprintf("https://127.0.0.1:%d", prism.Port())
	}
	return k.config().Cluster().Endpoint().String()
}
