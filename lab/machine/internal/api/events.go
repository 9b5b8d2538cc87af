package api

import (
	"time"

	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"

	"talos-cloud-edge/lab/machine/internal/machine"
)

// Events streams what happens on the machine.
func (s *Server) Events(in *machineapi.EventsRequest, stream grpc.ServerStreamingServer[machineapi.Event]) error {
	// An empty event tells the caller that the stream has begun.
	if err := stream.Send(&machineapi.Event{Data: &anypb.Any{}}); err != nil {
		return err
	}
	past, next, stop := s.Machine.Events.Watch()
	defer stop()
	for _, event := range tail(past, in) {
		if err := send(in, stream, event); err != nil {
			return err
		}
	}
	for {
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case event := <-next:
			if err := send(in, stream, event); err != nil {
				return err
			}
		}
	}
}

// tail are the past events that the caller wants.
func tail(past []machine.Event, in *machineapi.EventsRequest) []machine.Event {
	switch {
	case in.TailId != "":
		for i, event := range past {
			if event.ID == in.TailId {
				return past[i+1:]
			}
		}
		return past
	case in.TailSeconds != 0:
		since := time.Now().Add(-time.Duration(in.TailSeconds) * time.Second)
		for i, event := range past {
			if event.Time.After(since) {
				return past[i:]
			}
		}
		return nil
	case in.TailEvents < 0:
		return past
	default:
		return past[max(0, len(past)-int(in.TailEvents)):]
	}
}

func send(in *machineapi.EventsRequest, stream grpc.ServerStreamingServer[machineapi.Event], event machine.Event) error {
	if in.WithActorId != "" && in.WithActorId != event.ActorID {
		return nil
	}
	payload, err := anypb.New(event.Payload)
	if err != nil {
		return err
	}
	// Talos names its types under its own prefix.
	payload.TypeUrl = "talos/runtime/" + string(event.Payload.ProtoReflect().Descriptor().FullName())
	return stream.Send(&machineapi.Event{Data: payload, Id: event.ID, ActorId: event.ActorID})
}
