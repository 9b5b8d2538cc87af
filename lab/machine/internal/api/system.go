package api

import (
	"bufio"
	"context"
	"os"
	"strconv"
	"strings"

	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Memory says how much memory there is: the host's, which machines of the lab share.
func (s *Server) Memory(context.Context, *emptypb.Empty) (*machineapi.MemoryResponse, error) {
	values, err := procValues("/proc/meminfo", ":")
	if err != nil {
		return nil, err
	}
	return &machineapi.MemoryResponse{Messages: []*machineapi.Memory{{Meminfo: &machineapi.MemInfo{
		Memtotal: values["MemTotal"], Memfree: values["MemFree"], Memavailable: values["MemAvailable"], Buffers: values["Buffers"],
		Cached: values["Cached"], Swaptotal: values["SwapTotal"], Swapfree: values["SwapFree"],
	}}}}, nil
}

// LoadAvg is the host's load.
func (s *Server) LoadAvg(context.Context, *emptypb.Empty) (*machineapi.LoadAvgResponse, error) {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return nil, err
	}
	load := [3]float64{}
	for i, field := range strings.Fields(string(content))[:3] {
		if load[i], err = strconv.ParseFloat(field, 64); err != nil {
			return nil, err
		}
	}
	return &machineapi.LoadAvgResponse{Messages: []*machineapi.LoadAvg{{Load1: load[0], Load5: load[1], Load15: load[2]}}}, nil
}

// SystemStat says when the host booted and how many processes it runs.
func (s *Server) SystemStat(context.Context, *emptypb.Empty) (*machineapi.SystemStatResponse, error) {
	values, err := procValues("/proc/stat", " ")
	if err != nil {
		return nil, err
	}
	return &machineapi.SystemStatResponse{Messages: []*machineapi.SystemStat{{
		BootTime: values["btime"], ContextSwitches: values["ctxt"], ProcessCreated: values["processes"],
		ProcessRunning: values["procs_running"], ProcessBlocked: values["procs_blocked"],
	}}}, nil
}

// procValues reads lines of a name and a number.
func procValues(path, separator string) (map[string]uint64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	values := map[string]uint64{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), separator)
		if fields := strings.Fields(rest); len(fields) > 0 {
			if value, err := strconv.ParseUint(fields[0], 10, 64); err == nil {
				values[name] = value
			}
		}
	}
	return values, lines.Err()
}
