package machined

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config"

	"talos-cloud-edge/lab/machine/internal/api"
	"talos-cloud-edge/lab/machine/internal/etcd"
	"talos-cloud-edge/lab/machine/internal/kube"
	"talos-cloud-edge/lab/machine/internal/machine"
	"talos-cloud-edge/lab/machine/internal/platform"
	"talos-cloud-edge/lab/machine/internal/service"
)

// addressEvery is how often the machine looks whether it has an address yet.
const addressEvery = 200 * time.Millisecond

// hidden are the services that Talos' API does not show.
func hidden() []string { return slices.Concat(kube.Hidden, kube.StaticPods, []string{members}) }

// kubernetes is the Kubernetes side of the machine.
type kubernetes struct {
	machine *machine.Machine

	mu   sync.Mutex
	side *kube.Kubernetes
}

// start starts the Kubernetes side once the machine has an address.
func (k *kubernetes) start() {
	go func() {
		for len(k.machine.Network.Addresses()) == 0 {
			time.Sleep(addressEvery)
		}
		made := kube.New(k.node(k.machine.Config()))
		for _, spec := range made.Services() {
			k.machine.Services.Start(spec)
		}
		k.mu.Lock()
		k.side = made
		k.mu.Unlock()
		k.machine.OnConfig(k.reconfigure)
		// A config that came meanwhile.
		k.reconfigure()
	}()
}

// reconfigure restarts the services that a changed config makes start in another way.
func (k *kubernetes) reconfigure() {
	k.mu.Lock()
	defer k.mu.Unlock()
	changed, err := k.side.Reconfigure(k.machine.Config())
	if err != nil {
		k.machine.Log.Printf("Kubernetes: %v", err)
	}
	for _, id := range changed {
		if err := k.machine.Services.Restart(id); err != nil {
			k.machine.Log.Printf("Kubernetes: %v", err)
		}
	}
}

func (k *kubernetes) node(c config.Provider) *kube.Node {
	extensions := map[string]string{}
	for _, extension := range k.machine.Platform.Extensions {
		extensions[extension[strings.LastIndexByte(extension, '/')+1:]] = k.machine.Platform.TalosVersion
	}
	return &kube.Node{
		Config: c, Binaries: platform.BinariesDir, Images: platform.ImagesDir, ImageNames: k.machine.Platform.ImageNames, Extensions: extensions,
		Cgroup: k.machine.Platform.Cgroup, Hostname: k.machine.Network.Hostname(), Log: k.machine.Log,
		NodeReady: k.machine.SetNodeReady, NodeIP: k.machine.Network.NodeIP, Addresses: k.machine.Network.Addresses,
	}
}

// current is what the API asks; nil until it has started.
func (k *kubernetes) current() api.Kubernetes {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.side == nil {
		return nil
	}
	return side{k.side}
}

// leave takes this machine's member out of etcd.
func (k *kubernetes) leave(ctx context.Context) error {
	current := k.current()
	if current == nil || current.Member() == nil {
		return nil
	}
	if info, ok := k.machine.Services.Info(etcd.ID); !ok || info.State != service.StateRunning {
		return nil
	}
	return current.Member().Leave(ctx, func() error { return k.machine.Services.Stop(etcd.ID) })
}

// side is the Kubernetes side as the API wants it.
type side struct{ *kube.Kubernetes }

func (s side) Member() api.Etcd {
	if s.Etcd == nil {
		return nil
	}
	return s.Etcd
}

func (s side) Get(ctx context.Context, path string, into any) error {
	client, err := s.Client()
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Get(ctx, path, into)
}
