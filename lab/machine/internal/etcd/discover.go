package etcd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"talos-cloud-edge/lab/machine/internal/pki"
)

const discoverTimeout = 2 * time.Second

// others are the endpoints of the other members. Where a member listens on some of its addresses only, the cluster endpoint's name need not lead to
// one of them. Talos learns them from its discovery service; here the control planes behind that name are asked, by Talos' API.
func (m *Member) others(ctx context.Context) ([]string, error) {
	addresses, err := m.node.ControlPlanes(ctx)
	if err != nil {
		return nil, err
	}
	own := m.node.Addresses()
	addresses = slices.DeleteFunc(slices.Clone(addresses), func(a netip.Addr) bool { return slices.Contains(own, a) })
	if len(addresses) == 0 {
		return nil, errors.New("no controlplane endpoints discovered yet")
	}
	settings, err := m.readerTLS()
	if err != nil {
		return nil, err
	}
	found := make([][]string, len(addresses))
	var asked sync.WaitGroup
	for i, address := range addresses {
		asked.Go(func() { found[i] = ask(ctx, address, settings) })
	}
	asked.Wait()
	list := slices.Concat(found...)
	list = slices.DeleteFunc(list, func(endpoint string) bool {
		address, err := netip.ParseAddrPort(endpoint)
		return err == nil && slices.Contains(own, address.Addr())
	})
	slices.Sort(list)
	if list = slices.Compact(list); len(list) == 0 {
		return nil, errors.New("no etcd members discovered yet")
	}
	return list, nil
}

// readerTLS is a reader's access to the Talos API of this cluster's machines.
func (m *Member) readerTLS() (*tls.Config, error) {
	ca := m.node.Config().Machine().Security().IssuingCA()
	pair, err := pki.Issue(ca, pki.Request{CommonName: m.node.Hostname, Organizations: []string{string(role.Reader)}, Client: true, Lifetime: time.Hour})
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(pair.Crt, pair.Key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.Crt)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}, nil
}

// ask gives the endpoints of all members that the control plane at address knows; none where it knows none.
func ask(ctx context.Context, address netip.Addr, settings *tls.Config) []string {
	ctx, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	target := "passthrough:///" + net.JoinHostPort(address.String(), strconv.Itoa(constants.ApidPort))
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(credentials.NewTLS(settings)))
	if err != nil {
		return nil
	}
	defer connection.Close()
	answer, err := machine.NewMachineServiceClient(connection).EtcdMemberList(ctx, &machine.EtcdMemberListRequest{QueryLocal: true})
	if err != nil {
		return nil
	}
	var list []string
	for _, message := range answer.Messages {
		for _, member := range message.Members {
			for _, text := range member.ClientUrls {
				if parsed, err := url.Parse(text); err == nil {
					list = append(list, parsed.Host)
				}
			}
		}
	}
	return list
}
