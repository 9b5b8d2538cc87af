package etcd

import (
	"net/netip"
	"path/filepath"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"

	"talos-cloud-edge/lab/machine/internal/pki"
)

const certificateLifetime = 87600 * time.Hour

// APIServerClient is the name, in etcd's PKI folder, of the certificate with which kube-apiserver reaches etcd.
const APIServerClient = "kube-apiserver"

// WritePKI issues the member's certificates for the addresses that the machine has now. etcd reads them anew for every connection.
func (m *Member) WritePKI() error {
	ca := m.node.Config().Cluster().Etcd().CA()
	names := []string{m.node.Hostname}
	addresses := m.node.Addresses()
	local := append([]netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, addresses...)
	for name, request := range map[string]pki.Request{
		"server":        {CommonName: m.node.Hostname, DNSNames: append(names, "localhost"), Addresses: local, Server: true, Client: true},
		"peer":          {CommonName: m.node.Hostname, DNSNames: names, Addresses: addresses, Server: true, Client: true},
		"admin":         {CommonName: "talos", Client: true},
		APIServerClient: {CommonName: "kube-apiserver", Client: true},
	} {
		request.Lifetime = certificateLifetime
		pair, err := pki.Issue(ca, request)
		if err != nil {
			return err
		}
		if err := pki.Write(constants.EtcdPKIPath, name, pair); err != nil {
			return err
		}
	}
	return pki.WriteFile(filepath.Join(constants.EtcdPKIPath, "ca.crt"), ca.Crt, 0o644)
}
