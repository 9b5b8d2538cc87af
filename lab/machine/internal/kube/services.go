package kube

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"talos-cloud-edge/lab/machine/internal/manifests"
	"talos-cloud-edge/lab/machine/internal/prism"
	"talos-cloud-edge/lab/machine/internal/service"
)

// Services are all that this machine runs for Kubernetes. Those that Talos does not show as services are in Hidden.
func (k *Kubernetes) Services() []service.Spec {
	services := []service.Spec{k.containerd(), k.kubelet(), k.nodeApply()}
	if k.config().Machine().Features().KubePrism().Enabled() {
		services = append(services, service.Spec{ID: "kubeprism", Run: func(ctx context.Context, log io.Writer) error {
			return prism.Run(ctx, k.config().Machine().Features().KubePrism().Port(), k.upstreams, log)
		}})
	}
	if k.isControlPlane() {
		services = append(services, k.secrets(), k.Etcd.Service(), k.apiServer(), k.manifests())
		if !k.config().Machine().Controlplane().ControllerManager().Disabled() {
			services = append(services, k.controllerManager())
		}
		if !k.config().Machine().Controlplane().Scheduler().Disabled() {
			services = append(services, k.scheduler())
		}
	}
	return services
}

// StaticPods are the services that Talos runs as static pods.
var StaticPods = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"}

// Hidden are the services that do what Talos' controllers do, and so are none to Talos' API.
var Hidden = []string{"kubeprism", "manifests", "node", "secrets"}

// upstreams are the API servers that KubePrism chooses from: those behind the cluster's endpoint, and this machine's own.
func (k *Kubernetes) upstreams(ctx context.Context) []string {
	var list []string
	endpoint := k.config().Cluster().Endpoint()
	port := endpoint.Port()
	if port == "" {
		port = "443"
	}
	addresses, err := k.controlPlanes(ctx)
	if err == nil {
		for _, address := range addresses {
			list = append(list, net.JoinHostPort(address.String(), port))
		}
	}
	if k.isControlPlane() {
		list = append(list, fmt.Sprintf("localhost:%d", k.config().Cluster().LocalAPIServerPort()))
	}
	return list
}

const manifestsEvery = 20 * time.Second

// manifests keeps what Talos puts into a cluster there.
func (k *Kubernetes) manifests() service.Spec {
	return service.Spec{
		ID:      "manifests",
		Prepare: k.apiReadyAfterSecrets,
		Run: func(ctx context.Context, log io.Writer) error {
			client, err := k.adminClient()
			if err != nil {
				return err
			}
			for {
				if err := manifests.Apply(ctx, client, k.config(), k.nodeEndpoint(), log); err != nil {
					fmt.Fprintln(log, err)
				}
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(manifestsEvery):
				}
			}
		},
	}
}
