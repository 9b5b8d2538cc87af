package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"talos-cloud-edge/lab/machine/internal/service"
)

// isTalosService is false for what Talos has no service of: its controllers and its static pods.
func (s *Server) isTalosService(id string) bool { return !slices.Contains(s.Hidden, id) }

// ServiceList lists the machine's services.
func (s *Server) ServiceList(context.Context, *emptypb.Empty) (*machineapi.ServiceListResponse, error) {
	list := &machineapi.ServiceList{}
	for _, info := range s.Machine.Services.All() {
		if s.isTalosService(info.ID) {
			list.Services = append(list.Services, serviceInfo(info))
		}
	}
	return &machineapi.ServiceListResponse{Messages: []*machineapi.ServiceList{list}}, nil
}

func serviceInfo(info service.Info) *machineapi.ServiceInfo {
	events := &machineapi.ServiceEvents{}
	for _, event := range info.Events {
		events.Events = append(events.Events, &machineapi.ServiceEvent{Msg: event.Message, State: string(event.State), Ts: timestamppb.New(event.Time)})
	}
	return &machineapi.ServiceInfo{
		Id: info.ID, State: string(info.State), Events: events,
		Health: &machineapi.ServiceHealth{
			Unknown: info.HealthUnknown, Healthy: info.Healthy, LastMessage: info.Message, LastChange: timestamppb.New(info.Since),
		},
	}
}

// Which services Talos starts, stops and restarts by its API; the others refuse.
func (s *Server) allows(operation, id string) error {
	if _, ok := s.Machine.Services.Info(id); !ok || !s.isTalosService(id) {
		return fmt.Errorf("service %q is not registered", id)
	}
	extension := strings.HasPrefix(id, "ext-")
	allowed := extension || id == "kubelet"
	switch operation {
	case "stop":
		allowed = extension
	case "restart":
		allowed = allowed || id == "cri" || id == "etcd" || id == "trustd" || id == "apid"
	}
	if !allowed {
		return fmt.Errorf("service %q doesn't support %s operation via API", id, operation)
	}
	return nil
}

// ServiceStart starts a service that was stopped.
func (s *Server) ServiceStart(_ context.Context, in *machineapi.ServiceStartRequest) (*machineapi.ServiceStartResponse, error) {
	if err := s.allows("start", in.Id); err != nil {
		return nil, err
	}
	if info, _ := s.Machine.Services.Info(in.Id); info.State == service.StateFinished {
		if err := s.Machine.Services.Restart(in.Id); err != nil {
			return nil, err
		}
	}
	return &machineapi.ServiceStartResponse{Messages: []*machineapi.ServiceStart{{Resp: fmt.Sprintf("Service %q started", in.Id)}}}, nil
}

// ServiceStop stops a service until it is started.
func (s *Server) ServiceStop(_ context.Context, in *machineapi.ServiceStopRequest) (*machineapi.ServiceStopResponse, error) {
	if err := s.allows("stop", in.Id); err != nil {
		return nil, err
	}
	if err := s.Machine.Services.Stop(in.Id); err != nil {
		return nil, err
	}
	return &machineapi.ServiceStopResponse{Messages: []*machineapi.ServiceStop{{Resp: fmt.Sprintf("Service %q stopped", in.Id)}}}, nil
}

// ServiceRestart stops and starts a service.
func (s *Server) ServiceRestart(_ context.Context, in *machineapi.ServiceRestartRequest) (*machineapi.ServiceRestartResponse, error) {
	if err := s.allows("restart", in.Id); err != nil {
		return nil, err
	}
	if in.Id == "apid" {
		// Its own answer goes through it.
		go func() { _ = s.Machine.Services.Restart(in.Id) }()
	} else if err := s.Machine.Services.Restart(in.Id); err != nil {
		return nil, err
	}
	return &machineapi.ServiceRestartResponse{Messages: []*machineapi.ServiceRestart{{Resp: fmt.Sprintf("Service %q restarted", in.Id)}}}, nil
}
