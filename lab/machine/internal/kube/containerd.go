package kube

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"talos-cloud-edge/lab/machine/internal/images"
	"talos-cloud-edge/lab/machine/internal/pki"
	"talos-cloud-edge/lab/machine/internal/service"
)

const (
	containerdSocket = "/run/containerd/containerd.sock"
	containerdConfig = "/run/containerd/config.toml"
	pluginFolder     = "/opt/cni/bin"
	pluginConfig     = "/etc/cni/net.d"
)

// pluginSources are where distributions keep the standard CNI plugins.
var pluginSources = []string{"/usr/lib/cni", "/usr/libexec/cni"}

const containerdTemplate = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
  address = %q
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`

// containerd runs the host's containerd with folders of the machine's own.
func (k *Kubernetes) containerd() service.Spec {
	return service.Spec{
		ID: "cri",
		Prepare: func(context.Context) error {
			if err := installPlugins(); err != nil {
				return err
			}
			for _, folder := range []string{"/var/lib/containerd", pluginConfig} {
				if err := os.MkdirAll(folder, 0o711); err != nil {
					return err
				}
			}
			config := fmt.Sprintf(containerdTemplate, containerdSocket, images.Pause, pluginFolder, pluginConfig)
			return pki.WriteFile(containerdConfig, []byte(config), 0o644)
		},
		Command: func() (*exec.Cmd, error) { return exec.Command("containerd", "--config", containerdConfig), nil },
		Healthy: func(ctx context.Context) error {
			return exec.CommandContext(ctx, "ctr", "--address", containerdSocket, "version").Run()
		},
	}
}

// installPlugins links the CNI plugins of the host, and this program as the one called flannel.
func installPlugins() error {
	if err := os.MkdirAll(pluginFolder, 0o755); err != nil {
		return err
	}
	for _, source := range pluginSources {
		entries, _ := os.ReadDir(source)
		for _, entry := range entries {
			if entry.Name() == "flannel" {
				continue
			}
			if err := link(filepath.Join(source, entry.Name()), filepath.Join(pluginFolder, entry.Name())); err != nil {
				return err
			}
		}
	}
	self, err := executable()
	if err != nil {
		return err
	}
	return link(self, filepath.Join(pluginFolder, "flannel"))
}

func link(target, name string) error {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.Symlink(target, name)
}

// executable is a path of this program that exists inside the machine: its own, or that of a copy.
func executable() (string, error) {
	const copied = "/var/lib/cni/flannel-plugin"
	if self, err := os.Executable(); err == nil {
		if _, err := os.Stat(self); err == nil {
			return self, nil
		}
	}
	content, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return "", err
	}
	return copied, pki.WriteFile(copied, content, 0o755)
}
