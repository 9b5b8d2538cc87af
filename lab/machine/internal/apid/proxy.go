// Package apid is the front of Talos' API: it proves who the node is, asks callers who they are, and passes calls on to this machine or to other
// nodes.
package apid

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"talos-cloud-edge/lab/machine/internal/authz"
)

// streamed are the methods that answer with a stream; all others answer once.
var streamed = []string{
	"/machine.MachineService/Copy", "/machine.MachineService/DiskUsage", "/machine.MachineService/Dmesg", "/machine.MachineService/EtcdSnapshot",
	"/machine.MachineService/Events", "/machine.MachineService/ImageList", "/machine.MachineService/Kubeconfig", "/machine.MachineService/List",
	"/machine.MachineService/Logs", "/machine.MachineService/PacketCapture", "/machine.MachineService/Read", "/cluster.ClusterService/HealthCheck",
}

var passOn = &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}

// proxy passes calls on.
type proxy struct {
	roles  func(ctx context.Context) role.Set
	local  *grpc.ClientConn
	remote func(node string) (*grpc.ClientConn, error)
	// isLocal tells this node by one of its addresses or names.
	isLocal func(node string) bool
}

// handle is the handler of every method.
func (p *proxy) handle(_ any, server grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(server)
	incoming, _ := metadata.FromIncomingContext(server.Context())
	outgoing := incoming.Copy()
	authz.Set(outgoing, p.roles(server.Context()))
	nodes, node := incoming["nodes"], incoming["node"]
	for _, key := range []string{":authority", "nodes", "node", "content-type", "user-agent"} {
		delete(outgoing, key)
	}
	if len(node) > 1 {
		return status.Error(codes.InvalidArgument, "node metadata must be single-valued")
	}
	if _, proxied := incoming["proxyfrom"]; proxied {
		nodes, node = nil, nil
	}
	if p.remote == nil {
		// A node that may not pass calls on still answers for itself.
		if len(node) == 1 && p.isLocal(node[0]) {
			node = nil
		}
		if len(nodes) == 1 && p.isLocal(nodes[0]) {
			nodes = nil
		}
		if len(node)+len(nodes) > 0 {
			return status.Error(codes.PermissionDenied, "no request forwarding")
		}
	}
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(server.Context(), outgoing))
	defer cancel()
	if len(nodes)+len(node) == 0 {
		return one(ctx, server, p.local, method)
	}
	outgoing.Set("proxyfrom", firstOr(incoming[":authority"], "unknown"))
	if len(nodes) == 0 {
		conn, err := p.remote(node[0])
		if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		return one(ctx, server, conn, method)
	}
	if strings.HasPrefix(method, "/cosi.") {
		return status.Error(codes.InvalidArgument, "one-2-many proxying is not supported for COSI methods")
	}
	return p.many(ctx, server, nodes, method)
}

func firstOr(values []string, otherwise string) string {
	if len(values) > 0 {
		return values[0]
	}
	return otherwise
}

// one passes a call on to one backend, both ways at once.
func one(ctx context.Context, server grpc.ServerStream, conn *grpc.ClientConn, method string) error {
	client, err := conn.NewStream(ctx, passOn, method)
	if err != nil {
		return err
	}
	go upload(server, client)
	for first := true; ; first = false {
		answer := &frame{}
		if err := client.RecvMsg(answer); err != nil {
			server.SetTrailer(client.Trailer())
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if first {
			if header, err := client.Header(); err == nil {
				if err := server.SendHeader(header); err != nil {
					return err
				}
			}
		}
		if err := server.SendMsg(answer); err != nil {
			return err
		}
	}
}

func upload(server grpc.ServerStream, clients ...grpc.ClientStream) {
	for {
		request := &frame{}
		err := server.RecvMsg(request)
		for _, client := range clients {
			if err != nil {
				_ = client.CloseSend()
			} else {
				_ = client.SendMsg(request)
			}
		}
		if err != nil {
			return
		}
	}
}

// many passes a call on to several nodes and joins their answers, each with its node's name. A node that fails contributes its error.
func (p *proxy) many(ctx context.Context, server grpc.ServerStream, nodes []string, method string) error {
	streaming := slices.Contains(streamed, method) || strings.HasSuffix(method, "Stream")
	var (
		lock   sync.Mutex
		joined []byte
	)
	give := func(answer []byte, err error) error {
		if err != nil {
			return err
		}
		lock.Lock()
		defer lock.Unlock()
		if streaming {
			return server.SendMsg(&frame{answer})
		}
		joined = append(joined, answer...)
		return nil
	}
	clients := make([]grpc.ClientStream, len(nodes))
	failures := make([]error, len(nodes))
	var open []grpc.ClientStream
	for i, node := range nodes {
		conn, err := p.remote(node)
		if err == nil {
			clients[i], err = conn.NewStream(ctx, passOn, method)
		}
		if failures[i] = err; err == nil {
			open = append(open, clients[i])
		}
	}
	go upload(server, open...)
	results := make([]error, len(nodes))
	var wait sync.WaitGroup
	for i, node := range nodes {
		wait.Go(func() {
			if failures[i] != nil {
				results[i] = give(failure(node, streaming, failures[i]))
				return
			}
			results[i] = download(node, streaming, clients[i], give)
		})
	}
	wait.Wait()
	if err := errors.Join(results...); err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	if streaming {
		return nil
	}
	return server.SendMsg(&frame{joined})
}

// download gives the answers of one node.
func download(node string, streaming bool, client grpc.ClientStream, give func([]byte, error) error) error {
	for {
		answer := &frame{}
		err := client.RecvMsg(answer)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return give(failure(node, streaming, err))
		}
		if err := give(withNode(node, streaming, answer.payload)); err != nil {
			return err
		}
	}
}
