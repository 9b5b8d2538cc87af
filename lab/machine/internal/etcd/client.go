package etcd

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
)

const dialTimeout = 5 * time.Second

// connect returns once one of the endpoints answers, and fails within dialTimeout where none does. The client lives as long as ctx.
func connect(ctx context.Context, endpoints []string) (*clientv3.Client, error) {
	return connectWithin(ctx, dialTimeout, endpoints)
}

func connectWithin(ctx context.Context, timeout time.Duration, endpoints []string) (*clientv3.Client, error) {
	files := transport.TLSInfo{CertFile: constants.EtcdAdminCert, KeyFile: constants.EtcdAdminKey, TrustedCAFile: constants.EtcdCACert}
	tls, err := files.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("error building etcd client TLS config: %w", err)
	}
	client, err := clientv3.New(clientv3.Config{
		Context: ctx, Endpoints: endpoints, DialTimeout: timeout, TLS: tls, Logger: zap.NewNop(),
		// Without it nothing is dialled here, and every call would wait as long as its caller does.
		DialOptions: []grpc.DialOption{grpc.WithBlock()},
	})
	if err != nil {
		return nil, fmt.Errorf("error building etcd client: %w", err)
	}
	return client, nil
}

// local reaches this machine's member only.
func (m *Member) local(ctx context.Context) (*clientv3.Client, error) {
	return connect(ctx, []string{net.JoinHostPort("localhost", strconv.Itoa(constants.EtcdClientPort))})
}

// any reaches whichever member answers, this one first. Finding the others counts against dialTimeout.
func (m *Member) any(ctx context.Context) (*clientv3.Client, error) {
	began := time.Now()
	list := []string{net.JoinHostPort("localhost", strconv.Itoa(constants.EtcdClientPort))}
	discovering, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	if others, err := m.others(discovering); err == nil {
		list = append(list, others...)
	}
	return connectWithin(ctx, dialTimeout-time.Since(began), list)
}
