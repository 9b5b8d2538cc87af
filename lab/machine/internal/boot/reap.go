package boot

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const reapEvery = 5 * time.Second

// Reap collects the orphans that the machine's first process inherits. Its own children are collected at once by who started them, so only what
// was dead at two looks in a row is an orphan.
func Reap() {
	var before map[int]bool
	for {
		dead := deadChildren()
		for pid := range dead {
			if before[pid] {
				_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
			}
		}
		before = dead
		time.Sleep(reapEvery)
	}
}

func deadChildren() map[int]bool {
	dead := map[int]bool{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		// The name, in brackets, may hold anything; state and parent follow it.
		_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')'):]), " ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(os.Getpid()) {
			dead[pid] = true
		}
	}
	return dead
}
