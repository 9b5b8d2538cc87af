package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"talos-cloud-edge/lab/machine/internal/platform"
)

const followEvery = 200 * time.Millisecond

// Logs streams what a service has logged.
func (s *Server) Logs(in *machineapi.LogsRequest, stream grpc.ServerStreamingServer[common.Data]) error {
	if strings.ContainsRune(in.Id, '/') {
		return fmt.Errorf("log %q was not registered", in.Id)
	}
	file, err := os.Open(s.Machine.Services.LogPath(in.Id))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("log %q was not registered", in.Id)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	return follow(stream, file, in.Follow, int(in.TailLines))
}

// LogsContainers lists what Logs can be asked for.
func (s *Server) LogsContainers(context.Context, *emptypb.Empty) (*machineapi.LogsContainersResponse, error) {
	files, err := filepath.Glob(filepath.Join(platform.Inside.Logs(), "*.log"))
	if err != nil {
		return nil, err
	}
	list := &machineapi.LogsContainer{}
	for _, file := range files {
		list.Ids = append(list.Ids, strings.TrimSuffix(filepath.Base(file), ".log"))
	}
	return &machineapi.LogsContainersResponse{Messages: []*machineapi.LogsContainer{list}}, nil
}

// Dmesg streams the console: a machine of the lab has no kernel of its own.
func (s *Server) Dmesg(in *machineapi.DmesgRequest, stream grpc.ServerStreamingServer[common.Data]) error {
	file, err := os.Open(platform.Inside.Console())
	if err != nil {
		return err
	}
	defer file.Close()
	lines := -1
	if in.Tail {
		lines = 0
	}
	return follow(stream, file, in.Follow, lines)
}

// Read streams a file of the machine.
func (s *Server) Read(in *machineapi.ReadRequest, stream grpc.ServerStreamingServer[common.Data]) error {
	if !filepath.IsAbs(in.Path) {
		return fmt.Errorf("path is not absolute %v", in.Path)
	}
	file, err := os.Open(in.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.IsDir() {
		return fmt.Errorf("path must be a regular file")
	}
	return follow(stream, file, false, -1)
}

// follow sends a file from its last lines on (all with a negative number), and what is appended to it.
func follow(stream grpc.ServerStreamingServer[common.Data], file *os.File, goOn bool, lines int) error {
	if lines >= 0 {
		if err := seekLines(file, lines); err != nil {
			return err
		}
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := file.Read(buffer)
		if n > 0 {
			if err := stream.Send(&common.Data{Bytes: buffer[:n]}); err != nil {
				return err
			}
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if !goOn {
			return nil
		}
		select {
		case <-stream.Context().Done():
			return nil
		case <-time.After(followEvery):
		}
	}
}

// seekLines goes to the begin of the last lines.
func seekLines(file *os.File, lines int) error {
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil || lines == 0 {
		return err
	}
	position, found := end, 0
	buffer := make([]byte, 32<<10)
	for position > 0 {
		size := min(position, int64(len(buffer)))
		position -= size
		if _, err := file.ReadAt(buffer[:size], position); err != nil {
			return err
		}
		block := buffer[:size]
		for at := bytes.LastIndexByte(block, '\n'); at >= 0; at = bytes.LastIndexByte(block[:at], '\n') {
			if position+int64(at) == end-1 {
				continue
			}
			if found++; found == lines {
				_, err := file.Seek(position+int64(at)+1, io.SeekStart)
				return err
			}
		}
	}
	_, err = file.Seek(0, io.SeekStart)
	return err
}
