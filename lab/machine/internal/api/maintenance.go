package api

import (
	"context"
	"crypto/tls"
	stdx509 "crypto/x509"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	cosiv1alpha1 "github.com/cosi-project/runtime/api/v1alpha1"
	cosiserver "github.com/cosi-project/runtime/pkg/state/protobuf/server"
	"github.com/siderolabs/crypto/x509"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"talos-cloud-edge/lab/machine/internal/machine"
)

const goodbye = time.Second

// Maintenance answers while a machine has no config: anybody may bring one, and read what is not secret.
type Maintenance struct {
	machineapi.UnimplementedMachineServiceServer
	machine  *machine.Machine
	complete chan config.Provider
	once     sync.Once
}

// Maintain serves until somebody has brought a config that the machine can boot with.
func Maintain(ctx context.Context, m *machine.Machine) (config.Provider, error) {
	certificate, fingerprint, err := selfSigned(m)
	if err != nil {
		return nil, err
	}
	s := &Maintenance{machine: m, complete: make(chan config.Provider, 1)}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS13})),
		grpc.MaxRecvMsgSize(constants.GRPCMaxMessageSize))
	machineapi.RegisterMachineServiceServer(server, s)
	readers := role.MakeSet(role.Reader)
	cosiv1alpha1.RegisterStateServer(server, cosiserver.NewState(guarded(m.Resources, func(context.Context) role.Set { return readers })))
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(constants.ApidPort))
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	m.Log.Printf("this machine is reachable at:")
	for _, address := range m.Network.Addresses() {
		m.Log.Printf("\t%s", address)
	}
	m.Log.Printf("server certificate issued, fingerprint: %s", fingerprint)
	m.Log.Printf("upload configuration using talosctl: talosctl apply-config --insecure --nodes <address> --file <config.yaml>")
	select {
	case c := <-s.complete:
		// Lets the answer to the one who brought it get home; who watches is not waited for.
		abort := time.AfterFunc(goodbye, server.Stop)
		defer abort.Stop()
		server.GracefulStop()
		return c, nil
	case err := <-ended:
		return nil, err
	case <-ctx.Done():
		server.Stop()
		return nil, ctx.Err()
	}
}

func selfSigned(m *machine.Machine) (*tls.Certificate, x509.Fingerprint, error) {
	ca, err := x509.NewSelfSignedCertificateAuthority(x509.ECDSA(true))
	if err != nil {
		return nil, x509.Fingerprint{}, err
	}
	ips := []net.IP{net.IPv4(127, 0, 0, 1)}
	for _, address := range m.Network.Addresses() {
		ips = append(ips, net.IP(address.AsSlice()))
	}
	keys, err := x509.NewKeyPair(ca, x509.IPAddresses(ips), x509.DNSNames([]string{m.Network.Hostname()}),
		x509.CommonName("maintenance-service.talos.dev"), x509.KeyUsage(stdx509.KeyUsageDigitalSignature),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}))
	if err != nil {
		return nil, x509.Fingerprint{}, err
	}
	fingerprint, err := x509.SPKIFingerprintFromPEM(x509.NewCertificateAndKeyFromKeyPair(keys).Crt)
	return keys.Certificate, fingerprint, err
}

// ApplyConfiguration takes the machine's first config.
func (s *Maintenance) ApplyConfiguration(_ context.Context, in *machineapi.ApplyConfigurationRequest) (*machineapi.ApplyConfigurationResponse, error) {
	switch in.Mode {
	case machineapi.ApplyConfigurationRequest_TRY, machineapi.ApplyConfigurationRequest_REBOOT, machineapi.ApplyConfigurationRequest_AUTO:
	default:
		return nil, status.Errorf(codes.Unimplemented, "apply configuration --mode='%s' is not supported in maintenance mode",
			strings.ReplaceAll(strings.ToLower(in.Mode.String()), "_", "-"))
	}
	c, err := configloader.NewFromBytes(in.GetData())
	if err != nil {
		return nil, fmt.Errorf("failed to parse config: %w", err)
	}
	warnings, err := c.Validate(s.machine.Platform.Mode())
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "configuration validation failed: %s", err)
	}
	answer := &machineapi.ApplyConfiguration{Warnings: warnings}
	response := &machineapi.ApplyConfigurationResponse{Messages: []*machineapi.ApplyConfiguration{answer}}
	if in.DryRun {
		answer.ModeDetails = "Dry run summary:\nNode is running in maintenance mode and does not have a config yet."
		return response, nil
	}
	if c.CompleteForBoot() {
		s.once.Do(func() { s.complete <- c })
	}
	return response, nil
}

// GenerateClientConfiguration is refused: there is no CA yet.
func (s *Maintenance) GenerateClientConfiguration(
	context.Context, *machineapi.GenerateClientConfigurationRequest,
) (*machineapi.GenerateClientConfigurationResponse, error) {
	return nil, status.Error(codes.Unimplemented, "client configuration (talosconfig) can't be generated in the maintenance mode")
}

// errMaintenance is Talos' answer to what only an admin may ask, as none can prove to be one in maintenance mode.
var errMaintenance = status.Error(codes.Unimplemented, "API is not implemented in maintenance mode")

// Version is refused.
func (s *Maintenance) Version(context.Context, *emptypb.Empty) (*machineapi.VersionResponse, error) {
	return nil, errMaintenance
}

// Reset is refused.
func (s *Maintenance) Reset(context.Context, *machineapi.ResetRequest) (*machineapi.ResetResponse, error) {
	return nil, errMaintenance
}

// Upgrade is refused.
func (s *Maintenance) Upgrade(context.Context, *machineapi.UpgradeRequest) (*machineapi.UpgradeResponse, error) {
	return nil, errMaintenance
}
