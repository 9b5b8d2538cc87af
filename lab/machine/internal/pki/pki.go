// Package pki issues the certificates of etcd and Kubernetes from the CAs of a machine config.
package pki

import (
	"bytes"
	stdx509 "crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/siderolabs/crypto/x509"
)

// Pair is a certificate and its key, in PEM.
type Pair = x509.PEMEncodedCertificateAndKey

// allowedSkew keeps a certificate valid for a client whose clock is a little behind.
const allowedSkew = 10 * time.Second

// Request says what a certificate is for.
type Request struct {
	CommonName    string
	Organizations []string
	DNSNames      []string
	Addresses     []netip.Addr
	Server        bool
	Client        bool
	Lifetime      time.Duration
}

// Issue makes a key and its certificate, signed by ca.
func Issue(ca *Pair, r Request) (*Pair, error) {
	if ca == nil || len(ca.Key) == 0 {
		return nil, fmt.Errorf("no CA key to issue the certificate of %s", r.CommonName)
	}
	authority, err := x509.NewCertificateAuthorityFromCertificateAndKey(ca)
	if err != nil {
		return nil, fmt.Errorf("failed to parse CA certificate: %w", err)
	}
	var usages []stdx509.ExtKeyUsage
	if r.Server {
		usages = append(usages, stdx509.ExtKeyUsageServerAuth)
	}
	if r.Client {
		usages = append(usages, stdx509.ExtKeyUsageClientAuth)
	}
	addresses := make([]net.IP, 0, len(r.Addresses))
	for _, address := range r.Addresses {
		addresses = append(addresses, address.AsSlice())
	}
	now := time.Now()
	pair, err := x509.NewKeyPair(authority,
		x509.CommonName(r.CommonName),
		x509.Organization(r.Organizations...),
		x509.DNSNames(r.DNSNames),
		x509.IPAddresses(addresses),
		x509.NotBefore(now.Add(-allowedSkew)),
		x509.NotAfter(now.Add(r.Lifetime)),
		x509.KeyUsage(stdx509.KeyUsageDigitalSignature|stdx509.KeyUsageKeyEncipherment),
		x509.ExtKeyUsage(usages),
	)
	if err != nil {
		return nil, fmt.Errorf("failed to issue the certificate of %s: %w", r.CommonName, err)
	}
	return x509.NewCertificateAndKeyFromKeyPair(pair), nil
}

// Write puts a pair into folder as name.crt and name.key.
func Write(folder, name string, pair *Pair) error {
	if err := WriteFile(filepath.Join(folder, name+".key"), pair.Key, 0o600); err != nil {
		return err
	}
	return WriteFile(filepath.Join(folder, name+".crt"), pair.Crt, 0o644)
}

// WriteFile replaces a file at once, so that a program that reloads it never reads half of it. What is there already stays as it is.
func WriteFile(path string, content []byte, mode os.FileMode) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	next := path + ".next"
	if err := os.WriteFile(next, content, mode); err != nil {
		return err
	}
	return os.Rename(next, path)
}
