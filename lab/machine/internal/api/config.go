package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configdiff"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	withReboot    = "Applied configuration with a reboot"
	withoutReboot = "Applied configuration without a reboot"
)

// installed is the mode of a machine that need not be installed any more.
type installed string

func (m installed) String() string      { return string(m) }
func (installed) RequiresInstall() bool { return false }
func (installed) InContainer() bool     { return false }

// ApplyConfiguration takes a new machine config.
func (s *Server) ApplyConfiguration(_ context.Context, in *machineapi.ApplyConfigurationRequest) (*machineapi.ApplyConfigurationResponse, error) {
	c, err := configloader.NewFromBytes(in.GetData())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if c.RawV1Alpha1() == nil {
		return nil, status.Error(codes.InvalidArgument,
			"the applied machine configuration doesn't contain v1alpha1 config, did you mean to patch the machine config instead?")
	}
	if before, after := s.Machine.Config().Machine().Type(), c.Machine().Type(); before != after {
		return nil, status.Errorf(codes.InvalidArgument, "machine type can't be changed from %q to %q: reset the machine first", before, after)
	}
	warnings, err := c.Validate(installed(s.Machine.Platform.Mode()))
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	mode, details, err := s.applyMode(in.Mode, c)
	if err != nil {
		return nil, err
	}
	answer := &machineapi.ApplyConfiguration{Warnings: warnings, Mode: mode, ModeDetails: details}
	response := &machineapi.ApplyConfigurationResponse{Messages: []*machineapi.ApplyConfiguration{answer}}
	if in.DryRun {
		diff, err := configdiff.DiffToString(s.Machine.Config(), c)
		if err != nil {
			return nil, fmt.Errorf("failed to generate diff: %w", err)
		}
		if diff == "" {
			diff = "No changes."
		}
		answer.Warnings = nil
		answer.ModeDetails = fmt.Sprintf("Dry run summary:\n%s (skipped in dry-run).\nConfig diff:\n\n%s", firstLine(details), diff)
		return response, nil
	}
	s.Machine.Log.Printf("apply config request: mode %s", strings.ToLower(mode.String()))
	switch mode {
	case machineapi.ApplyConfigurationRequest_TRY:
		timeout := constants.ConfigTryTimeout
		if in.TryModeTimeout != nil {
			timeout = in.TryModeTimeout.AsDuration()
		}
		answer.ModeDetails += fmt.Sprintf("\nThe config is applied in 'try' mode and will be automatically reverted back in %s", timeout)
		return response, s.Machine.Try(c, timeout)
	case machineapi.ApplyConfigurationRequest_NO_REBOOT:
		return response, s.Machine.Apply(c)
	case machineapi.ApplyConfigurationRequest_STAGED:
		return response, s.Machine.Stage(c)
	default:
		if err := s.Machine.Stage(c); err != nil {
			return nil, err
		}
		go s.Machine.Reboot("")
		return response, nil
	}
}

// applyMode is how a config is applied, of what was asked for and what its changes allow, and what is said about it.
func (s *Server) applyMode(asked machineapi.ApplyConfigurationRequest_Mode, c config.Provider) (machineapi.ApplyConfigurationRequest_Mode, string, error) {
	switch asked {
	case machineapi.ApplyConfigurationRequest_TRY, machineapi.ApplyConfigurationRequest_NO_REBOOT:
		if err := s.Machine.CanApplyImmediate(c); err != nil {
			return asked, "", status.Error(codes.InvalidArgument, err.Error())
		}
		return asked, withoutReboot, nil
	case machineapi.ApplyConfigurationRequest_AUTO:
		if err := s.Machine.CanApplyImmediate(c); err != nil {
			return machineapi.ApplyConfigurationRequest_REBOOT, withReboot + ": " + err.Error(), nil
		}
		return machineapi.ApplyConfigurationRequest_NO_REBOOT, withoutReboot, nil
	case machineapi.ApplyConfigurationRequest_STAGED:
		return asked, "Staged configuration to be applied after the next reboot", nil
	case machineapi.ApplyConfigurationRequest_REBOOT:
		return asked, withReboot, nil
	default:
		return asked, "", fmt.Errorf("incorrect mode '%s' specified for the apply config call", asked)
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, ": ")
	return line
}

// GenerateClientConfiguration makes a talosconfig.
func (s *Server) GenerateClientConfiguration(
	_ context.Context, in *machineapi.GenerateClientConfigurationRequest,
) (*machineapi.GenerateClientConfigurationResponse, error) {
	if !s.Machine.IsControlPlane() {
		return nil, status.Error(codes.FailedPrecondition, "client configuration (talosconfig) can't be generated on worker nodes")
	}
	ttl := in.CrtTtl.AsDuration()
	if ttl <= 0 {
		return nil, status.Error(codes.InvalidArgument, "crt_ttl should be positive")
	}
	roles, _ := role.Parse(in.Roles)
	bundle := secrets.NewBundleFromConfig(secrets.NewFixedClock(time.Now()), s.Machine.Config())
	certificate, err := bundle.GenerateTalosAPIClientCertificateWithTTL(roles, ttl)
	if err != nil {
		return nil, err
	}
	name := s.Machine.Config().Cluster().Name()
	if only := roles.Strings(); len(only) == 1 {
		name = strings.TrimPrefix(only[0], role.Prefix) + "@" + name
	}
	talosconfig, err := clientconfig.NewConfig(name, nil, bundle.Certs.OS.Crt, certificate).Bytes()
	if err != nil {
		return nil, err
	}
	return &machineapi.GenerateClientConfigurationResponse{Messages: []*machineapi.GenerateClientConfiguration{{
		Ca: bundle.Certs.OS.Crt, Crt: certificate.Crt, Key: certificate.Key, Talosconfig: talosconfig,
	}}}, nil
}
