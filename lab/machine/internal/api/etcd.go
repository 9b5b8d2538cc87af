package api

import (
	"context"
	"errors"
	"io"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// member is this control plane's etcd member; a worker refuses in Talos' words.
func (s *Server) member(what string) (Etcd, error) {
	if err := s.onControlPlane(what); err != nil {
		return nil, err
	}
	kubernetes := s.Kubernetes()
	if kubernetes == nil || kubernetes.Member() == nil {
		return nil, status.Error(codes.FailedPrecondition, "etcd is not available yet")
	}
	return kubernetes.Member(), nil
}

// Bootstrap has this control plane start the etcd cluster.
func (s *Server) Bootstrap(_ context.Context, in *machineapi.BootstrapRequest) (*machineapi.BootstrapResponse, error) {
	s.Machine.Log.Printf("bootstrap request received")
	if !s.Machine.IsControlPlane() {
		return nil, status.Error(codes.FailedPrecondition, "bootstrap can only be performed on a control plane node")
	}
	kubernetes := s.Kubernetes()
	if kubernetes == nil || kubernetes.Member() == nil {
		return nil, status.Error(codes.FailedPrecondition, "bootstrap is not available yet")
	}
	if err := kubernetes.Member().Bootstrap(in); err != nil {
		return nil, err
	}
	return &machineapi.BootstrapResponse{Messages: []*machineapi.Bootstrap{{}}}, nil
}

// EtcdMemberList lists the members of the cluster.
func (s *Server) EtcdMemberList(ctx context.Context, in *machineapi.EtcdMemberListRequest) (*machineapi.EtcdMemberListResponse, error) {
	etcd, err := s.member("member list")
	if err != nil {
		return nil, err
	}
	members, err := etcd.Members(ctx, in.QueryLocal)
	if err != nil {
		return nil, err
	}
	return &machineapi.EtcdMemberListResponse{Messages: []*machineapi.EtcdMembers{members}}, nil
}

// EtcdRemoveMemberByID takes a member, whose machine may be gone, out of the cluster.
func (s *Server) EtcdRemoveMemberByID(ctx context.Context, in *machineapi.EtcdRemoveMemberByIDRequest) (*machineapi.EtcdRemoveMemberByIDResponse, error) {
	etcd, err := s.member("etcd remove member")
	if err != nil {
		return nil, err
	}
	if err := etcd.RemoveMember(ctx, in.MemberId); err != nil {
		return nil, err
	}
	return &machineapi.EtcdRemoveMemberByIDResponse{Messages: []*machineapi.EtcdRemoveMemberByID{{}}}, nil
}

// EtcdLeaveCluster takes this machine out of the cluster.
func (s *Server) EtcdLeaveCluster(ctx context.Context, _ *machineapi.EtcdLeaveClusterRequest) (*machineapi.EtcdLeaveClusterResponse, error) {
	etcd, err := s.member("etcd leave")
	if err != nil {
		return nil, err
	}
	if err := etcd.Leave(ctx, func() error { return s.Machine.Services.Stop("etcd") }); err != nil {
		return nil, err
	}
	return &machineapi.EtcdLeaveClusterResponse{Messages: []*machineapi.EtcdLeaveCluster{{}}}, nil
}

// EtcdForfeitLeadership hands the leadership to another member.
func (s *Server) EtcdForfeitLeadership(ctx context.Context, _ *machineapi.EtcdForfeitLeadershipRequest) (*machineapi.EtcdForfeitLeadershipResponse, error) {
	etcd, err := s.member("etcd forfeit leadership")
	if err != nil {
		return nil, err
	}
	leader, err := etcd.ForfeitLeadership(ctx)
	if err != nil {
		return nil, err
	}
	return &machineapi.EtcdForfeitLeadershipResponse{Messages: []*machineapi.EtcdForfeitLeadership{{Member: leader}}}, nil
}

// EtcdSnapshot streams a snapshot of the database.
func (s *Server) EtcdSnapshot(_ *machineapi.EtcdSnapshotRequest, stream grpc.ServerStreamingServer[common.Data]) error {
	etcd, err := s.member("etcd snapshot")
	if err != nil {
		return err
	}
	return etcd.Snapshot(stream.Context(), &dataWriter{stream})
}

// EtcdRecover takes a snapshot for a later bootstrap.
func (s *Server) EtcdRecover(stream grpc.ClientStreamingServer[common.Data, machineapi.EtcdRecoverResponse]) error {
	etcd, err := s.member("etcd recover")
	if err != nil {
		return err
	}
	if err := etcd.Recover(&dataReader{stream: stream}); err != nil {
		return err
	}
	return stream.SendAndClose(&machineapi.EtcdRecoverResponse{Messages: []*machineapi.EtcdRecover{{}}})
}

// EtcdStatus says how this machine's member is.
func (s *Server) EtcdStatus(ctx context.Context, _ *emptypb.Empty) (*machineapi.EtcdStatusResponse, error) {
	etcd, err := s.member("etcd status")
	if err != nil {
		return nil, err
	}
	member, err := etcd.Status(ctx)
	if err != nil {
		return nil, err
	}
	return &machineapi.EtcdStatusResponse{Messages: []*machineapi.EtcdStatus{{MemberStatus: member}}}, nil
}

// EtcdAlarmList lists what members complain of.
func (s *Server) EtcdAlarmList(ctx context.Context, _ *emptypb.Empty) (*machineapi.EtcdAlarmListResponse, error) {
	etcd, err := s.member("etcd alarm list")
	if err != nil {
		return nil, err
	}
	alarms, err := etcd.Alarms(ctx)
	if err != nil {
		return nil, err
	}
	return &machineapi.EtcdAlarmListResponse{Messages: []*machineapi.EtcdAlarm{alarms}}, nil
}

// dataWriter sends what is written to it.
type dataWriter struct {
	stream grpc.ServerStreamingServer[common.Data]
}

func (w *dataWriter) Write(content []byte) (int, error) {
	if err := w.stream.Send(&common.Data{Bytes: content}); err != nil {
		return 0, err
	}
	return len(content), nil
}

// dataReader reads what is sent to it.
type dataReader struct {
	stream grpc.ClientStreamingServer[common.Data, machineapi.EtcdRecoverResponse]
	rest   []byte
}

func (r *dataReader) Read(into []byte) (int, error) {
	for len(r.rest) == 0 {
		message, err := r.stream.Recv()
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		r.rest = message.Bytes
	}
	n := copy(into, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
