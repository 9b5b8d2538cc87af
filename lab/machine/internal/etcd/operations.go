package etcd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Bootstrap has this member start the cluster, from the snapshot that Recover took where the request says so.
func (m *Member) Bootstrap(request *machine.BootstrapRequest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	// Once asked for, the cluster is on its way though etcd has written nothing yet; a snapshot that cannot be restored leaves none.
	if hasData() || m.bootstrap && !m.recoverFailed {
		return status.Error(codes.AlreadyExists, "etcd data directory is not empty")
	}
	if request.GetRecoverEtcd() {
		if _, err := os.Stat(constants.EtcdRecoverySnapshotPath); err != nil {
			return status.Error(codes.FailedPrecondition, "no etcd snapshot to recover from: upload one first")
		}
	}
	m.bootstrap, m.recoverFailed = true, false
	m.recover, m.skipHashCheck = request.GetRecoverEtcd(), request.GetRecoverSkipHashCheck()
	if m.wake != nil {
		m.wake()
	}
	return nil
}

// Members lists the members of the cluster.
func (m *Member) Members(ctx context.Context, queryLocal bool) (*machine.EtcdMembers, error) {
	dial := m.any
	if queryLocal {
		dial = m.local
	}
	client, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	response, err := client.MemberList(clientv3.WithRequireLeader(ctx))
	if err != nil {
		return nil, err
	}
	list := &machine.EtcdMembers{}
	for _, member := range response.Members {
		list.LegacyMembers = append(list.LegacyMembers, member.Name)
		list.Members = append(list.Members, &machine.EtcdMember{
			Id: member.ID, Hostname: member.Name, PeerUrls: member.PeerURLs, ClientUrls: member.ClientURLs, IsLearner: member.IsLearner,
		})
	}
	return list, nil
}

// RemoveMember takes a member out of the cluster.
func (m *Member) RemoveMember(ctx context.Context, id uint64) error {
	client, err := m.any(ctx)
	if err != nil {
		return fmt.Errorf("failed to create etcd client: %w", err)
	}
	defer client.Close()
	if _, err := client.MemberRemove(clientv3.WithRequireLeader(ctx), id); err != nil {
		err = fmt.Errorf("failed to remove member %d: %w", id, err)
		if errors.Is(err, rpctypes.ErrMemberNotFound) {
			return status.Error(codes.NotFound, err.Error())
		}
		return err
	}
	return nil
}

const leaveTimeout = 5 * time.Minute

// Leave takes this member out of the cluster, stops it by stop, and removes its data.
func (m *Member) Leave(ctx context.Context, stop func() error) error {
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	id, _, err := m.askLocal(ctx)
	if err != nil {
		return fmt.Errorf("failed to leave cluster: %w", err)
	}
	for {
		err := m.RemoveMember(ctx, id)
		if err == nil || status.Code(err) == codes.NotFound {
			break
		}
		// Members that start or stop just now answer so; it passes.
		if !errors.Is(err, rpctypes.ErrUnhealthy) && !errors.Is(err, rpctypes.ErrStopped) {
			return fmt.Errorf("failed to leave cluster: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("failed to leave cluster: %w", err)
		case <-time.After(time.Second):
		}
	}
	if err := stop(); err != nil {
		return fmt.Errorf("failed to stop etcd: %w", err)
	}
	m.mu.Lock()
	m.bootstrap = false
	m.mu.Unlock()
	return removeData()
}

// ForfeitLeadership hands the leadership to another member and names it; to none where this one does not lead.
func (m *Member) ForfeitLeadership(ctx context.Context) (string, error) {
	client, err := m.local(ctx)
	if err != nil {
		return "", fmt.Errorf("failed to create etcd client: %w", err)
	}
	defer client.Close()
	list, err := client.MemberList(clientv3.WithRequireLeader(ctx))
	if err != nil {
		return "", fmt.Errorf("failed to list etcd members: %w", err)
	}
	if len(list.Members) == 1 {
		return "", errors.New("failed to forfeit leadership: cannot forfeit leadership, only one member")
	}
	state, err := client.Status(ctx, client.Endpoints()[0])
	if err != nil {
		return "", err
	}
	if state.Leader != state.Header.MemberId {
		return "", nil
	}
	for _, member := range list.Members {
		if member.ID == state.Leader || member.IsLearner {
			continue
		}
		if _, err := client.MoveLeader(ctx, member.ID); err != nil {
			return "", fmt.Errorf("failed to forfeit leadership: %w", err)
		}
		return member.Name, nil
	}
	return "", nil
}

// Snapshot writes a snapshot of the database to w.
func (m *Member) Snapshot(ctx context.Context, w io.Writer) error {
	client, err := m.local(ctx)
	if err != nil {
		return fmt.Errorf("failed to create etcd client: %w", err)
	}
	defer client.Close()
	content, err := client.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("failed reading etcd snapshot: %w", err)
	}
	defer content.Close()
	_, err = io.Copy(w, content)
	return err
}

// Recover takes the snapshot that a bootstrap then recovers from.
func (m *Member) Recover(snapshot io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(constants.EtcdRecoverySnapshotPath), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(constants.EtcdRecoverySnapshotPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("error creating etcd recovery snapshot: %w", err)
	}
	_, err = io.Copy(file, snapshot)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("error writing snapshot: %w", err), os.Remove(file.Name()))
	}
	return nil
}

// Status says how this member is.
func (m *Member) Status(ctx context.Context) (*machine.EtcdMemberStatus, error) {
	client, err := m.local(ctx)
	if err != nil {
		return nil, fmt.Errorf("failed to create etcd client: %w", err)
	}
	defer client.Close()
	s, err := client.Status(ctx, client.Endpoints()[0])
	if err != nil {
		return nil, fmt.Errorf("failed to query etcd status: %w", err)
	}
	return &machine.EtcdMemberStatus{
		MemberId: s.Header.MemberId, ProtocolVersion: s.Version, StorageVersion: s.StorageVersion, DbSize: s.DbSize, DbSizeInUse: s.DbSizeInUse,
		Leader: s.Leader, RaftIndex: s.RaftIndex, RaftTerm: s.RaftTerm, RaftAppliedIndex: s.RaftAppliedIndex, Errors: s.Errors, IsLearner: s.IsLearner,
	}, nil
}

// Alarms lists what members complain of.
func (m *Member) Alarms(ctx context.Context) (*machine.EtcdAlarm, error) {
	client, err := m.local(ctx)
	if err != nil {
		return nil, fmt.Errorf("failed to create etcd client: %w", err)
	}
	defer client.Close()
	response, err := client.AlarmList(ctx)
	if err != nil {
		return nil, fmt.Errorf("failed to list etcd alarms: %w", err)
	}
	list := &machine.EtcdAlarm{}
	for _, alarm := range response.Alarms {
		kind := machine.EtcdMemberAlarm_NONE
		switch alarm.Alarm {
		case etcdserverpb.AlarmType_NOSPACE:
			kind = machine.EtcdMemberAlarm_NOSPACE
		case etcdserverpb.AlarmType_CORRUPT:
			kind = machine.EtcdMemberAlarm_CORRUPT
		}
		list.MemberAlarms = append(list.MemberAlarms, &machine.EtcdMemberAlarm{MemberId: alarm.MemberID, Alarm: kind})
	}
	return list, nil
}
