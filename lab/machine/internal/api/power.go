package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"talos-cloud-edge/lab/machine/internal/machine"
)

// Reboot boots the machine anew.
func (s *Server) Reboot(context.Context, *machineapi.RebootRequest) (*machineapi.RebootResponse, error) {
	actor := uuid.NewString()
	s.Machine.Log.Printf("reboot via API received. actor id: %s", actor)
	go s.Machine.Reboot(actor)
	return &machineapi.RebootResponse{Messages: []*machineapi.Reboot{{ActorId: actor}}}, nil
}

// Shutdown switches the machine off.
func (s *Server) Shutdown(context.Context, *machineapi.ShutdownRequest) (*machineapi.ShutdownResponse, error) {
	actor := uuid.NewString()
	s.Machine.Log.Printf("shutdown via API received. actor id: %s", actor)
	go s.Machine.Shutdown(actor)
	return &machineapi.ShutdownResponse{Messages: []*machineapi.Shutdown{{ActorId: actor}}}, nil
}

// Reset wipes what the request says, by default the whole system disk.
func (s *Server) Reset(_ context.Context, in *machineapi.ResetRequest) (*machineapi.ResetResponse, error) {
	actor := uuid.NewString()
	s.Machine.Log.Printf("reset request received. actorID: %s", actor)
	options, err := resetOptions(in)
	if err != nil {
		return nil, err
	}
	go s.Machine.Reset(actor, options)
	return &machineapi.ResetResponse{Messages: []*machineapi.Reset{{ActorId: actor}}}, nil
}

func resetOptions(in *machineapi.ResetRequest) (machine.Reset, error) {
	options := machine.Reset{Graceful: in.Graceful, Reboot: in.Reboot}
	if disks := in.GetUserDisksToWipe(); len(disks) > 0 {
		if in.Mode == machineapi.ResetRequest_SYSTEM_DISK {
			return options, errors.New("reset failed: invalid input, wipe mode SYSTEM_DISK doesn't support UserDisksToWipe parameter")
		}
		return options, fmt.Errorf("reset user disk failed: device %s wasn't found", disks[0])
	}
	if len(in.GetSystemPartitionsToWipe()) > 0 && in.Mode == machineapi.ResetRequest_USER_DISKS {
		return options, errors.New("reset failed: invalid input, wipe mode USER_DISKS doesn't support SystemPartitionsToWipe parameter")
	}
	if in.Mode == machineapi.ResetRequest_USER_DISKS {
		return options, nil
	}
	for _, partition := range in.GetSystemPartitionsToWipe() {
		switch partition.Label {
		case "STATE", "EPHEMERAL":
			if partition.Wipe {
				options.Partitions = append(options.Partitions, partition.Label)
			}
		default:
			return options, fmt.Errorf("failed to get volume status with label %q: resource VolumeStatuses.block.talos.dev(runtime/%s@undefined) doesn't exist",
				partition.Label, partition.Label)
		}
	}
	if len(in.GetSystemPartitionsToWipe()) == 0 {
		options.Partitions = []string{"STATE", "EPHEMERAL"}
	}
	return options, nil
}

// Upgrade is not there yet.
func (s *Server) Upgrade(context.Context, *machineapi.UpgradeRequest) (*machineapi.UpgradeResponse, error) {
	return nil, status.Error(codes.Unimplemented, "this machine of the lab cannot be upgraded")
}
