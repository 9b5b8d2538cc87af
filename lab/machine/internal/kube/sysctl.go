package kube

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ownSysctls are settings of the whole kernel that kubelet sets. The machine gets files of its own in their place, so that the host's stay.
var ownSysctls = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

const sysctlFolder = "/run/sysctl"

func coverSysctls() error {
	for name, value := range ownSysctls {
		target, file := filepath.Join("/proc/sys", name), filepath.Join(sysctlFolder, name)
		if _, err := os.Stat(file); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := syscall.Mount(file, target, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("cover %s: %w", target, err)
		}
	}
	return nil
}
