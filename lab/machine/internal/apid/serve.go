package apid

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"talos-cloud-edge/lab/machine/internal/authz"
	"talos-cloud-edge/lab/machine/internal/identity"
)

const (
	longestPause   = 5 * time.Second
	connectTimeout = 20 * time.Second
)

// Serve runs apid until ctx ends: for callers with a certificate on Talos' port, and for the machine itself on a socket.
func Serve(ctx context.Context, i *identity.Identity, isControlPlane bool) error {
	local, err := grpc.NewClient("unix://"+constants.MachineSocketPath, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(constants.GRPCMaxMessageSize), grpc.ForceCodecV2(rawCodec{})))
	if err != nil {
		return err
	}
	defer local.Close()
	front := &proxy{roles: authz.FromCertificate, local: local, isLocal: i.IsLocal}
	inside := &proxy{roles: authz.FromMetadata, local: local, isLocal: i.IsLocal}
	if isControlPlane {
		others := &nodes{identity: i, connections: map[string]*grpc.ClientConn{}}
		defer others.close()
		front.remote, inside.remote = others.connect, others.connect
	}
	tcp, err := net.Listen("tcp", ":"+strconv.Itoa(constants.ApidPort))
	if err != nil {
		return err
	}
	unix, err := ListenUnix(constants.APISocketPath)
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	for _, s := range []struct {
		proxy    *proxy
		listener net.Listener
		creds    credentials.TransportCredentials
	}{
		{front, tcp, credentials.NewTLS(i.ServerConfig(tls.RequireAndVerifyClientCert))},
		{inside, unix, insecure.NewCredentials()},
	} {
		server := grpc.NewServer(grpc.Creds(s.creds), grpc.ForceServerCodecV2(rawCodec{}), grpc.UnknownServiceHandler(s.proxy.handle),
			grpc.MaxRecvMsgSize(constants.GRPCMaxMessageSize))
		defer server.Stop()
		go func() { ended <- server.Serve(s.listener) }()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// ListenUnix listens on a socket, which is made anew with the folder that it is in.
func ListenUnix(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return net.Listen("unix", path)
}

// nodes has the connections to other nodes' apid.
type nodes struct {
	identity    *identity.Identity
	mu          sync.Mutex
	connections map[string]*grpc.ClientConn
}

func (n *nodes) connect(node string) (*grpc.ClientConn, error) {
	if _, _, err := net.SplitHostPort(node); node == "" || err == nil {
		return nil, fmt.Errorf("invalid target %q", node)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if conn, ok := n.connections[node]; ok {
		return conn, nil
	}
	wait := backoff.DefaultConfig
	// Shorter than the default, or a rebooted node would pass for dead much longer than it is.
	wait.MaxDelay = longestPause
	conn, err := grpc.NewClient("passthrough:///"+net.JoinHostPort(node, strconv.Itoa(constants.ApidPort)),
		grpc.WithTransportCredentials(credentials.NewTLS(n.identity.ClientConfig())),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: wait, MinConnectTimeout: connectTimeout}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(constants.GRPCMaxMessageSize), grpc.ForceCodecV2(rawCodec{})))
	if err != nil {
		return nil, err
	}
	n.connections[node] = conn
	return conn, nil
}

func (n *nodes) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.connections {
		conn.Close()
	}
}
