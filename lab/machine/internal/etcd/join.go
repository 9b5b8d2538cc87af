package etcd

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	joinTimeout   = 10 * time.Second
	askTimeout    = 3 * time.Second
	promotionEach = 2 * time.Second
)

// join adds this machine to the members that run, as a learner, and gives the cluster as etcd's flag wants it.
func (m *Member) join(ctx context.Context, advertised []netip.Addr) (string, error) {
	others, err := m.others(ctx)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(clientv3.WithRequireLeader(ctx), joinTimeout)
	defer cancel()
	client, err := connect(ctx, others)
	if err != nil {
		return "", err
	}
	defer client.Close()
	list, err := client.MemberList(ctx)
	if err != nil {
		return "", fmt.Errorf("error getting etcd member list: %w", err)
	}
	// The data folder is empty, so a member of this name or address is what this machine was before a reset.
	peers := urls(advertised, constants.EtcdPeerPort)
	for _, member := range list.Members {
		if member.Name != m.node.Hostname && !sameURLs(member, peers) {
			continue
		}
		if _, err := client.MemberRemove(ctx, member.ID); err != nil {
			return "", fmt.Errorf("error removing self from the member list: %w", err)
		}
	}
	added, err := client.MemberAddAsLearner(ctx, peers)
	if err != nil {
		return "", fmt.Errorf("error adding member: %w", err)
	}
	var cluster []string
	for _, member := range added.Members {
		name := member.Name
		if member.ID == added.Member.ID {
			name = m.node.Hostname
		}
		for _, url := range member.PeerURLs {
			cluster = append(cluster, name+"="+url)
		}
	}
	return strings.Join(cluster, ","), nil
}

func sameURLs(member *etcdserverpb.Member, peers []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(member.PeerURLs)), slices.Sorted(slices.Values(peers)))
}

// awaitPromotion asks the other members to promote this one until it is no learner any more.
func (m *Member) awaitPromotion(ctx context.Context) {
	told := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(promotionEach):
		}
		id, learner, err := m.askLocal(ctx)
		if err != nil {
			continue
		}
		if !learner {
			if told {
				m.node.Log.Printf("successfully promoted etcd member")
			}
			return
		}
		told = true
		if err := m.promote(ctx, id); err != nil {
			m.node.Log.Printf("etcd: waiting for this member's promotion: %v", err)
		}
	}
}

func (m *Member) askLocal(ctx context.Context) (id uint64, learner bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	client, err := m.local(ctx)
	if err != nil {
		return 0, false, err
	}
	defer client.Close()
	status, err := client.Status(ctx, client.Endpoints()[0])
	if err != nil {
		return 0, false, err
	}
	return status.Header.MemberId, status.IsLearner, nil
}

// promote tries the other members one after another, as one that is a learner itself cannot do it.
func (m *Member) promote(ctx context.Context, id uint64) error {
	others, err := m.others(ctx)
	if err != nil {
		return err
	}
	for _, endpoint := range others {
		err = promoteThrough(ctx, endpoint, id)
		if err == nil {
			return nil
		}
	}
	return err
}

func promoteThrough(ctx context.Context, endpoint string, id uint64) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	client, err := connect(ctx, []string{endpoint})
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.MemberPromote(ctx, id)
	return err
}

// wasRemoved tells whether the other members know this one no more. Where none answers, it was not.
func (m *Member) wasRemoved(ctx context.Context, advertised []netip.Addr) bool {
	others, err := m.others(ctx)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	client, err := connect(ctx, others)
	if err != nil {
		return false
	}
	defer client.Close()
	list, err := client.MemberList(ctx)
	if err != nil {
		return false
	}
	peers := urls(advertised, constants.EtcdPeerPort)
	return !slices.ContainsFunc(list.Members, func(member *etcdserverpb.Member) bool {
		return member.Name == m.node.Hostname || sameURLs(member, peers)
	})
}

// restoreIfAsked makes the data folder out of the snapshot that Recover took.
func (m *Member) restoreIfAsked(ctx context.Context, advertised []netip.Addr) error {
	m.mu.Lock()
	asked, skip := m.recover, m.skipHashCheck
	m.mu.Unlock()
	if !asked {
		return nil
	}
	// etcdutl refuses a folder that exists.
	if err := os.RemoveAll(constants.EtcdDataPath); err != nil {
		return err
	}
	args := []string{
		"snapshot", "restore", constants.EtcdRecoverySnapshotPath,
		"--name", m.node.Hostname, "--data-dir", constants.EtcdDataPath,
		"--initial-cluster", m.clusterOfOne(advertised),
		"--initial-advertise-peer-urls", strings.Join(urls(advertised, constants.EtcdPeerPort), ","),
	}
	if skip {
		args = append(args, "--skip-hash-check")
	}
	output, err := exec.CommandContext(ctx, filepath.Join(m.node.Binaries, "etcdutl"), args...).CombinedOutput()
	m.mu.Lock()
	m.recover, m.recoverFailed = err != nil, err != nil
	m.mu.Unlock()
	if err != nil {
		return fmt.Errorf("error recovering from the snapshot: %w: %s", err, strings.TrimSpace(string(output)))
	}
	if err := os.Remove(constants.EtcdRecoverySnapshotPath); err != nil {
		return fmt.Errorf("error deleting snapshot: %w", err)
	}
	return nil
}
