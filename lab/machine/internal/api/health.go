package api

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/cluster"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"talos-cloud-edge/lab/machine/internal/authz"
)

const pollEvery = 2 * time.Second

// health is one health check of the cluster: who its nodes are, and how to ask them.
type health struct {
	server        *Server
	talos         *client.Client
	controlPlanes []string
	workers       []string
}

func (h *health) nodes() []string {
	return append(append([]string{}, h.controlPlanes...), h.workers...)
}

// HealthCheck asks all of the cluster's nodes, and its Kubernetes, until all is well or the caller's time is over. It says what it waits for.
func (s *Server) HealthCheck(in *cluster.HealthCheckRequest, stream grpc.ServerStreamingServer[cluster.HealthCheckProgress]) error {
	if err := s.onControlPlane("health check"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(stream.Context(), in.WaitTimeout.AsDuration())
	defer cancel()
	passedOn := metadata.MD{}
	authz.Set(passedOn, authz.FromMetadata(stream.Context()))
	ctx = metadata.NewOutgoingContext(ctx, passedOn)
	talos, err := client.New(ctx, client.WithUnixSocket(constants.APISocketPath),
		client.WithGRPCDialOptions(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		return err
	}
	defer talos.Close()
	h := &health{server: s, talos: talos, controlPlanes: in.GetClusterInfo().GetControlPlaneNodes(), workers: in.GetClusterInfo().GetWorkerNodes()}
	say := func(format string, args ...any) error {
		return stream.Send(&cluster.HealthCheckProgress{Message: fmt.Sprintf(format, args...)})
	}
	if len(h.nodes()) == 0 {
		if err := wait(ctx, check{"nodes to be discovered", func(ctx context.Context, h *health) error { return h.discover(ctx) }}, h, say); err != nil {
			return err
		}
	}
	if err := say("discovered nodes: %q", h.nodes()); err != nil {
		return err
	}
	for _, check := range checks {
		if err := wait(ctx, check, h, say); err != nil {
			return err
		}
	}
	return nil
}

// wait repeats a check until it is content, and says each thing that it waits for once.
func wait(ctx context.Context, c check, h *health, say func(string, ...any) error) error {
	last := ""
	for {
		err := c.ask(ctx, h)
		line := fmt.Sprintf("waiting for %s: OK", c.name)
		if err != nil {
			line = fmt.Sprintf("waiting for %s: %s", c.name, err)
		}
		if line != last {
			last = line
			if err := say("%s", line); err != nil {
				return err
			}
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

// discover takes the nodes from Kubernetes: machines of the lab have no discovery service.
func (h *health) discover(ctx context.Context) error {
	nodes, err := h.kubernetesNodes(ctx)
	if err != nil {
		return err
	}
	h.controlPlanes, h.workers = nil, nil
	for _, node := range nodes {
		address := node.internalIP()
		if _, err := netip.ParseAddr(address); err != nil {
			return fmt.Errorf("node %s: %w", node.Metadata.Name, err)
		}
		if _, ok := node.Metadata.Labels[constants.LabelNodeRoleControlPlane]; ok {
			h.controlPlanes = append(h.controlPlanes, address)
		} else {
			h.workers = append(h.workers, address)
		}
	}
	if len(h.controlPlanes) == 0 {
		return errors.New("no control plane node has registered yet")
	}
	return nil
}
