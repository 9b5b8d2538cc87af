package api

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"time"

	machinetype "github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/resources/cluster"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const membersEvery = 5 * time.Second

type metadataOf struct {
	Name              string            `json:"name"`
	UID               string            `json:"uid"`
	Labels            map[string]string `json:"labels"`
	DeletionTimestamp *string           `json:"deletionTimestamp"`
}

type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

// kubeNode is what the health check looks at in a Node.
type kubeNode struct {
	Metadata metadataOf `json:"metadata"`
	Spec     struct {
		Unschedulable bool `json:"unschedulable"`
	} `json:"spec"`
	Status struct {
		NodeInfo struct {
			OSImage string `json:"osImage"`
		} `json:"nodeInfo"`
		Conditions []condition `json:"conditions"`
		Addresses  []struct {
			Type    string `json:"type"`
			Address string `json:"address"`
		} `json:"addresses"`
	} `json:"status"`
}

func (n kubeNode) internalIP() string {
	for _, address := range n.Status.Addresses {
		if address.Type == "InternalIP" {
			return address.Address
		}
	}
	return ""
}

// KeepMembers keeps Talos' list of the cluster's members, which Kubernetes knows here, until ctx ends. Workers may not read it, and so have none.
func (s *Server) KeepMembers(ctx context.Context, _ io.Writer) error {
	h := &health{server: s}
	for {
		if nodes, err := h.kubernetesNodes(ctx); err == nil {
			var members []cluster.MemberSpec
			for _, node := range nodes {
				members = append(members, node.member())
			}
			if err := s.Machine.PublishMembers(ctx, members); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(membersEvery):
		}
	}
}

func (n kubeNode) member() cluster.MemberSpec {
	spec := cluster.MemberSpec{
		NodeID: n.Metadata.UID, Hostname: n.Metadata.Name, OperatingSystem: n.Status.NodeInfo.OSImage, MachineType: machinetype.TypeWorker,
	}
	if _, ok := n.Metadata.Labels[constants.LabelNodeRoleControlPlane]; ok {
		spec.MachineType = machinetype.TypeControlPlane
	}
	if address, err := netip.ParseAddr(n.internalIP()); err == nil {
		spec.Addresses = []netip.Addr{address}
	}
	return spec
}

type kubePod struct {
	Metadata metadataOf `json:"metadata"`
	Status   struct {
		Phase      string      `json:"phase"`
		Conditions []condition `json:"conditions"`
	} `json:"status"`
}

// workload is a DaemonSet or a Deployment, of which one field says how many pods it wants.
type workload struct {
	Spec struct {
		Replicas int `json:"replicas"`
	} `json:"spec"`
	Status struct {
		DesiredNumberScheduled int `json:"desiredNumberScheduled"`
	} `json:"status"`
}

func isReady(conditions []condition) bool {
	return slices.ContainsFunc(conditions, func(c condition) bool { return c.Type == "Ready" && c.Status == "True" })
}

func (h *health) get(ctx context.Context, path string, into any) error {
	kubernetes := h.server.Kubernetes()
	if kubernetes == nil {
		return status.Error(codes.FailedPrecondition, "Kubernetes is not available yet")
	}
	return kubernetes.Get(ctx, path, into)
}

func (h *health) kubernetesNodes(ctx context.Context) ([]kubeNode, error) {
	list := struct {
		Items []kubeNode `json:"items"`
	}{}
	err := h.get(ctx, "/api/v1/nodes", &list)
	return list.Items, err
}

func (h *health) nodesReport(ctx context.Context) error {
	nodes, err := h.kubernetesNodes(ctx)
	if err != nil {
		return err
	}
	var actual []string
	for _, node := range nodes {
		actual = append(actual, node.internalIP())
	}
	expected := h.nodes()
	slices.Sort(actual)
	slices.Sort(expected)
	if !slices.Equal(actual, expected) {
		return fmt.Errorf("can't find expected node with IPs %q: the cluster has %q", expected, actual)
	}
	return nil
}

func (h *health) nodesReady(ctx context.Context) error {
	return h.eachNode(ctx, "some nodes are not ready: %v", func(n kubeNode) bool { return isReady(n.Status.Conditions) })
}

func (h *health) nodesSchedulable(ctx context.Context) error {
	return h.eachNode(ctx, "some nodes are not schedulable: %v", func(n kubeNode) bool { return !n.Spec.Unschedulable })
}

func (h *health) eachNode(ctx context.Context, otherwise string, well func(kubeNode) bool) error {
	nodes, err := h.kubernetesNodes(ctx)
	if err != nil {
		return err
	}
	var bad []string
	for _, node := range nodes {
		if !well(node) {
			bad = append(bad, node.Metadata.Name)
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf(otherwise, bad)
	}
	return nil
}

// podsReady compares the ready pods of kube-system that a label selects with how many their workload wants. No workload, no pods.
func (h *health) podsReady(ctx context.Context, label, kind string) error {
	selector := "?labelSelector=" + url.QueryEscape(label)
	workloads := struct {
		Items []workload `json:"items"`
	}{}
	if err := h.get(ctx, "/apis/apps/v1/namespaces/kube-system/"+kind+selector, &workloads); err != nil || len(workloads.Items) == 0 {
		return err
	}
	wanted := workloads.Items[0].Spec.Replicas + workloads.Items[0].Status.DesiredNumberScheduled
	pods := struct {
		Items []kubePod `json:"items"`
	}{}
	if err := h.get(ctx, "/api/v1/namespaces/kube-system/pods"+selector, &pods); err != nil {
		return err
	}
	ready, notReady := 0, []string{}
	for _, pod := range pods.Items {
		switch {
		case pod.Metadata.DeletionTimestamp != nil || pod.Status.Phase == "Failed" || pod.Status.Phase == "Succeeded":
		case isReady(pod.Status.Conditions):
			ready++
		default:
			notReady = append(notReady, pod.Metadata.Name)
		}
	}
	switch {
	case len(pods.Items) == 0:
		return fmt.Errorf("no pods found for namespace %q and label selector %q", "kube-system", label)
	case len(notReady) > 0:
		return fmt.Errorf("some pods are not ready: %v", notReady)
	case ready != wanted:
		return fmt.Errorf("expected %d ready pods, got %d", wanted, ready)
	}
	return nil
}
