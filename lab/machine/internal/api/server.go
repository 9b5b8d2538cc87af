// Package api answers Talos' API: what machined answers on a configured machine, and what a machine in maintenance mode answers.
package api

import (
	"context"
	"io"
	"net"

	cosiv1alpha1 "github.com/cosi-project/runtime/api/v1alpha1"
	cosiserver "github.com/cosi-project/runtime/pkg/state/protobuf/server"
	"github.com/siderolabs/talos/pkg/machinery/api/cluster"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/version"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"talos-cloud-edge/lab/machine/internal/apid"
	"talos-cloud-edge/lab/machine/internal/authz"
	"talos-cloud-edge/lab/machine/internal/machine"
)

// Etcd is this machine's member of the etcd cluster.
type Etcd interface {
	Bootstrap(request *machineapi.BootstrapRequest) error
	Members(ctx context.Context, queryLocal bool) (*machineapi.EtcdMembers, error)
	RemoveMember(ctx context.Context, id uint64) error
	Leave(ctx context.Context, stop func() error) error
	ForfeitLeadership(ctx context.Context) (string, error)
	Snapshot(ctx context.Context, w io.Writer) error
	Recover(snapshot io.Reader) error
	Status(ctx context.Context) (*machineapi.EtcdMemberStatus, error)
	Alarms(ctx context.Context) (*machineapi.EtcdAlarm, error)
}

// Kubernetes is what the API needs of the machine's Kubernetes side.
type Kubernetes interface {
	Kubeconfig() ([]byte, error)
	// Member is nil on workers.
	Member() Etcd
	// Get reads an object or a list from the cluster's API server.
	Get(ctx context.Context, path string, into any) error
}

// Server answers for a configured machine.
type Server struct {
	machineapi.UnimplementedMachineServiceServer
	cluster.UnimplementedClusterServiceServer
	Machine *machine.Machine
	// Kubernetes is asked for at each call: a changed config makes it anew.
	Kubernetes func() Kubernetes
	// Hidden are services that are none to Talos.
	Hidden []string
}

// Serve answers apid, and through it all others, until ctx ends.
func (s *Server) Serve(ctx context.Context) error {
	listener, err := apid.ListenUnix(constants.MachineSocketPath)
	if err != nil {
		return err
	}
	server := grpc.NewServer(append(authz.Interceptors(), grpc.MaxRecvMsgSize(constants.GRPCMaxMessageSize))...)
	machineapi.RegisterMachineServiceServer(server, s)
	cluster.RegisterClusterServiceServer(server, s)
	cosiv1alpha1.RegisterStateServer(server, cosiserver.NewState(guarded(s.Machine.Resources, authz.FromMetadata)))
	return serve(ctx, server, listener)
}

func serve(ctx context.Context, server *grpc.Server, listener net.Listener) error {
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	return server.Serve(listener)
}

// Version says what runs here.
func (s *Server) Version(context.Context, *emptypb.Empty) (*machineapi.VersionResponse, error) {
	return versionOf(s.Machine, &machineapi.FeaturesInfo{Rbac: true}), nil
}

func versionOf(m *machine.Machine, features *machineapi.FeaturesInfo) *machineapi.VersionResponse {
	info := version.NewVersion()
	info.Tag = m.Platform.TalosVersion
	return &machineapi.VersionResponse{Messages: []*machineapi.Version{{
		Version: info, Features: features, Platform: &machineapi.PlatformInfo{Name: m.Platform.Name, Mode: m.Platform.Mode().String()},
	}}}
}

// Hostname is the machine's name.
func (s *Server) Hostname(context.Context, *emptypb.Empty) (*machineapi.HostnameResponse, error) {
	return &machineapi.HostnameResponse{Messages: []*machineapi.Hostname{{Hostname: s.Machine.Network.Hostname()}}}, nil
}

// onControlPlane refuses, in Talos' words, what a worker cannot do.
func (s *Server) onControlPlane(what string) error {
	if s.Machine.IsControlPlane() {
		return nil
	}
	return status.Errorf(codes.Unimplemented, "%s is only available on control plane nodes", what)
}
