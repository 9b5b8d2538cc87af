// Package identity keeps the certificates by which a machine proves itself in Talos' API.
package identity

import (
	"context"
	"crypto/tls"
	stdx509 "crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/role"

	"talos-cloud-edge/lab/machine/internal/machine"
)

const (
	validity = 24 * time.Hour
	// checkEvery is how often names, addresses and age of the certificates are looked at.
	checkEvery = 2 * time.Second
)

// Identity has the machine's certificates, made anew whenever its names, its addresses or its config's CA change.
type Identity struct {
	machine *machine.Machine

	mu     sync.Mutex
	madeOf string
	made   time.Time
	server *tls.Certificate
	client *tls.Certificate
	roots  *stdx509.CertPool
}

// New makes an identity without certificates; Ensure gets them.
func New(m *machine.Machine) *Identity { return &Identity{machine: m} }

// Ensure gets certificates where there are none, or none that fit. An error says what is waited for.
func (i *Identity) Ensure(ctx context.Context) error {
	c := i.machine.Config()
	if c == nil || c.Machine() == nil {
		return fmt.Errorf("waiting for the machine config")
	}
	ips, names := i.subject(c)
	ca := c.Machine().Security().IssuingCA()
	if ca == nil {
		return fmt.Errorf("the machine config has no machine.ca")
	}
	madeOf := fmt.Sprint(ips, names, string(ca.Crt))
	i.mu.Lock()
	fits := i.server != nil && i.madeOf == madeOf && time.Since(i.made) < validity/2
	i.mu.Unlock()
	if fits {
		return nil
	}
	roots := stdx509.NewCertPool()
	roots.AppendCertsFromPEM(ca.Crt)
	for _, accepted := range c.Machine().Security().AcceptedCAs() {
		roots.AppendCertsFromPEM(accepted.Crt)
	}
	csr, key, err := x509.NewEd25519CSRAndIdentity(x509.IPAddresses(ips), x509.DNSNames(names), x509.CommonName(i.machine.Network.Hostname()))
	if err != nil {
		return err
	}
	var server, client *tls.Certificate
	if c.Machine().Type().IsControlPlane() {
		if server, err = sign(ca, csr, key.Key, stdx509.ExtKeyUsageServerAuth); err != nil {
			return err
		}
		if client, err = impersonator(ca); err != nil {
			return err
		}
	} else {
		crt, err := fromTrustd(ctx, c, roots, csr.X509CertificateRequestPEM)
		if err != nil {
			return err
		}
		if server, err = pair(crt, key.Key); err != nil {
			return err
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.madeOf, i.made, i.server, i.client, i.roots = madeOf, time.Now(), server, client, roots
	return nil
}

// Keep keeps the certificates fitting until ctx ends. Old ones stay in use while new ones cannot be had.
func (i *Identity) Keep(ctx context.Context, log func(format string, args ...any)) {
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(checkEvery):
		}
		message := ""
		if err := i.Ensure(ctx); err != nil {
			message = err.Error()
		}
		if message != last && message != "" {
			log("certificates: %s", message)
		}
		last = message
	}
}

// ServerConfig is for servers that ask callers for a certificate of the machine CA, or for none.
func (i *Identity) ServerConfig(auth tls.ClientAuthType) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			i.mu.Lock()
			defer i.mu.Unlock()
			return &tls.Config{
				MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}, Certificates: []tls.Certificate{*i.server}, ClientCAs: i.roots, ClientAuth: auth,
			}, nil
		},
	}
}

// ClientConfig is for calls to other nodes.
func (i *Identity) ClientConfig() *tls.Config {
	i.mu.Lock()
	defer i.mu.Unlock()
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: i.roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			i.mu.Lock()
			defer i.mu.Unlock()
			return i.client, nil
		},
	}
}

// IsLocal tells whether a node's name or address is this machine's.
func (i *Identity) IsLocal(node string) bool {
	c := i.machine.Config()
	if c == nil {
		return false
	}
	ips, names := i.subject(c)
	return slices.Contains(names, node) || slices.ContainsFunc(ips, func(ip net.IP) bool { return ip.String() == node })
}

// subject is all that the machine may be called by.
func (i *Identity) subject(c config.Provider) ([]net.IP, []string) {
	ips := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	for _, address := range i.machine.Network.NodeAddresses() {
		ips = append(ips, net.IP(address.AsSlice()))
	}
	hostname := i.machine.Network.Hostname()
	names := []string{"localhost", hostname}
	if short, _, dotted := strings.Cut(hostname, "."); dotted {
		names = append(names, short)
	}
	for _, san := range c.Machine().Security().CertSANs() {
		if ip := net.ParseIP(san); ip != nil {
			ips = append(ips, ip)
		} else {
			names = append(names, san)
		}
	}
	return ips, names
}

func sign(ca *x509.PEMEncodedCertificateAndKey, csr *x509.CertificateSigningRequest, key []byte, usage stdx509.ExtKeyUsage) (*tls.Certificate, error) {
	crt, err := x509.NewCertificateFromCSRBytes(ca.Crt, ca.Key, csr.X509CertificateRequestPEM, x509.KeyUsage(stdx509.KeyUsageDigitalSignature),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{usage}), x509.NotAfter(time.Now().Add(validity)))
	if err != nil {
		return nil, err
	}
	return pair(crt.X509CertificatePEM, key)
}

// impersonator is how a control plane's apid speaks to other nodes for its callers.
func impersonator(ca *x509.PEMEncodedCertificateAndKey) (*tls.Certificate, error) {
	csr, key, err := x509.NewEd25519CSRAndIdentity(x509.Organization(string(role.Impersonator)))
	if err != nil {
		return nil, err
	}
	return sign(ca, csr, key.Key, stdx509.ExtKeyUsageClientAuth)
}

func pair(crt, key []byte) (*tls.Certificate, error) {
	certificate, err := tls.X509KeyPair(crt, key)
	return &certificate, err
}
