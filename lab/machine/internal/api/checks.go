package api

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/cosi-project/runtime/pkg/safe"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
)

// check is one thing that must be well.
type check struct {
	name string
	ask  func(ctx context.Context, h *health) error
}

// checks are Talos' own, by its names and in its order, but those of the nodes' size, which is the host's here.
var checks = []check{
	{"etcd to be healthy", func(ctx context.Context, h *health) error { return h.serviceHealthy(ctx, "etcd") }},
	{"etcd members to be consistent across nodes", func(ctx context.Context, h *health) error { return h.membersConsistent(ctx) }},
	{"etcd members to be control plane nodes", func(ctx context.Context, h *health) error { return h.membersAreControlPlanes(ctx) }},
	{"apid to be ready", func(ctx context.Context, h *health) error {
		_, err := h.talos.Version(client.WithNodes(ctx, h.nodes()...))
		return err
	}},
	{"kubelet to be healthy", func(ctx context.Context, h *health) error { return h.serviceHealthy(ctx, "kubelet") }},
	{"all nodes to finish boot sequence", func(ctx context.Context, h *health) error { return h.allRunning(ctx) }},
	{"all k8s nodes to report", func(ctx context.Context, h *health) error { return h.nodesReport(ctx) }},
	{"all control plane static pods to be running", func(ctx context.Context, h *health) error { return h.staticPods(ctx, "Running") }},
	{"all control plane components to be ready", func(ctx context.Context, h *health) error { return h.staticPods(ctx, "Ready") }},
	{"all k8s nodes to report ready", func(ctx context.Context, h *health) error { return h.nodesReady(ctx) }},
	{"kube-proxy to report ready", func(ctx context.Context, h *health) error {
		return h.podsReady(ctx, "k8s-app=kube-proxy", "daemonsets")
	}},
	{"coredns to report ready", func(ctx context.Context, h *health) error { return h.podsReady(ctx, "k8s-app=kube-dns", "deployments") }},
	{"all k8s nodes to report schedulable", func(ctx context.Context, h *health) error { return h.nodesSchedulable(ctx) }},
}

func (h *health) serviceHealthy(ctx context.Context, id string) error {
	services, err := h.talos.ServiceInfo(client.WithNodes(ctx, h.controlPlanes...), id)
	if err != nil {
		return err
	}
	if len(services) != len(h.controlPlanes) {
		return fmt.Errorf("expected a response with %d node(s), got %d", len(h.controlPlanes), len(services))
	}
	var problems []error
	for _, info := range services {
		node := info.Metadata.GetHostname()
		switch {
		case info.Service.State != "Running":
			problems = append(problems, fmt.Errorf("%s: service %q not in expected state %q: current state [%s] %s",
				node, id, "Running", info.Service.State, info.Service.Health.GetLastMessage()))
		case !info.Service.GetHealth().GetHealthy():
			problems = append(problems, fmt.Errorf("%s: service is not healthy: %s", node, id))
		}
	}
	return errors.Join(problems...)
}

func (h *health) membersConsistent(ctx context.Context) error {
	answer, err := h.talos.EtcdMemberList(client.WithNodes(ctx, h.controlPlanes...), &machineapi.EtcdMemberListRequest{})
	if err != nil {
		return err
	}
	var known []string
	for i, message := range answer.GetMessages() {
		var members []string
		for _, member := range message.Members {
			members = append(members, fmt.Sprintf("%s/%x/%t", member.Hostname, member.Id, member.IsLearner))
		}
		slices.Sort(members)
		if i == 0 {
			known = members
		}
		if !slices.Equal(known, members) {
			return fmt.Errorf("%s: expected to have %v members, got %v", message.GetMetadata().GetHostname(), known, members)
		}
	}
	return nil
}

// membersAreControlPlanes looks the members' addresses up among those that the control planes say they have.
func (h *health) membersAreControlPlanes(ctx context.Context) error {
	answer, err := h.talos.EtcdMemberList(ctx, &machineapi.EtcdMemberListRequest{})
	if err != nil {
		return err
	}
	var addresses []string
	for _, node := range h.controlPlanes {
		r, err := safe.StateGetByID[*network.NodeAddress](client.WithNode(ctx, node), h.talos.COSI, network.NodeAddressCurrentID)
		if err != nil {
			return err
		}
		for _, prefix := range r.TypedSpec().Addresses {
			addresses = append(addresses, prefix.Addr().String())
		}
	}
	for _, member := range answer.GetMessages()[0].GetMembers() {
		for _, peer := range member.PeerUrls {
			at, err := url.Parse(peer)
			if err != nil {
				return err
			}
			if !slices.Contains(addresses, at.Hostname()) {
				return fmt.Errorf("etcd member ips %q are not subset of control plane node ips %q", at.Hostname(), addresses)
			}
		}
	}
	return nil
}

func (h *health) allRunning(ctx context.Context) error {
	var problems []string
	for _, node := range h.nodes() {
		r, err := safe.StateGetByID[*runtime.MachineStatus](client.WithNode(ctx, node), h.talos.COSI, runtime.MachineStatusID)
		if err != nil {
			return err
		}
		if stage := r.TypedSpec().Stage; stage != runtime.MachineStageRunning {
			problems = append(problems, fmt.Sprintf("%s: [%s]", stage, node))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("nodes are not running: %s", strings.Join(problems, ", "))
	}
	return nil
}

// staticPods asks for the state of what Talos runs as static pods on every control plane.
func (h *health) staticPods(ctx context.Context, what string) error {
	for _, node := range h.controlPlanes {
		list, err := safe.StateListAll[*k8s.StaticPodStatus](client.WithNode(ctx, node), h.talos.COSI)
		if err != nil {
			return err
		}
		missing := []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"}
		for pod := range list.All() {
			id := pod.Metadata().ID()
			missing = slices.DeleteFunc(missing, func(name string) bool { return strings.HasPrefix(id, "kube-system/"+name) })
			status := pod.TypedSpec().PodStatus
			if what == "Running" && status["phase"] != "Running" || what == "Ready" && !strings.Contains(fmt.Sprint(status["conditions"]), "status:True") {
				return fmt.Errorf("static pod %s on node %s is not %s", id, node, strings.ToLower(what))
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("missing static pods on node %s: %v", node, missing)
		}
	}
	return nil
}
