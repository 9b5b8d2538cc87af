package identity

import (
	"context"
	"crypto/tls"
	stdx509 "crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/api/security"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"talos-cloud-edge/lab/machine/internal/machine"
)

const askTimeout = 5 * time.Second

// fromTrustd has a control plane sign a worker's server certificate. The worker proves itself by machine.token.
func fromTrustd(ctx context.Context, c config.Provider, roots *stdx509.CertPool, csr []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	host := c.Cluster().Endpoint().Hostname()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("waiting for a certificate from trustd: %w", err)
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "token", c.Machine().Security().Token())
	failures := []error{errors.New("waiting for a certificate from trustd")}
	for _, address := range addresses {
		crt, err := askTrustd(ctx, net.JoinHostPort(address, strconv.Itoa(constants.TrustdPort)), roots, csr)
		if err == nil {
			return crt, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

func askTrustd(ctx context.Context, address string, roots *stdx509.CertPool, csr []byte) ([]byte, error) {
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		RootCAs: roots, MinVersion: tls.VersionTLS13,
	})))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	answer, err := security.NewSecurityServiceClient(conn).Certificate(ctx, &security.CertificateRequest{Csr: csr})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return answer.Crt, nil
}

// Trustd signs server certificates for workers, on control planes.
type Trustd struct {
	security.UnimplementedSecurityServiceServer
	Machine *machine.Machine
}

// Serve runs trustd until ctx ends.
func (t *Trustd) Serve(ctx context.Context, i *Identity) error {
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(i.ServerConfig(tls.NoClientCert))))
	security.RegisterSecurityServiceServer(server, t)
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(constants.TrustdPort))
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	return server.Serve(listener)
}

// Certificate signs a worker's request, for server use only.
func (t *Trustd) Certificate(ctx context.Context, in *security.CertificateRequest) (*security.CertificateResponse, error) {
	secrets := t.Machine.Config().Machine().Security()
	md, _ := metadata.FromIncomingContext(ctx)
	if token := md.Get("token"); len(token) != 1 || token[0] != secrets.Token() {
		return nil, status.Error(codes.Unauthenticated, "Unauthenticated")
	}
	block, _ := pem.Decode(in.Csr)
	if block == nil {
		return nil, status.Error(codes.InvalidArgument, "failed to decode CSR")
	}
	if _, err := stdx509.ParseCertificateRequest(block.Bytes); err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "failed to parse CSR: %s", err)
	}
	ca := secrets.IssuingCA()
	signed, err := x509.NewCertificateFromCSRBytes(ca.Crt, ca.Key, in.Csr, x509.KeyUsage(stdx509.KeyUsageDigitalSignature),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}),
		// An organization would be a role: nobody gets one here.
		x509.OverrideSubject(func(subject *pkix.Name) { subject.Organization = nil }))
	if err != nil {
		return nil, status.Errorf(codes.Internal, "failed to sign CSR: %s", err)
	}
	return &security.CertificateResponse{Ca: ca.Crt, Crt: signed.X509CertificatePEM}, nil
}
