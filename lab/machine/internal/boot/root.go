package boot

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"talos-cloud-edge/lab/machine/internal/platform"
)

// hostFolders are the host's folders that a machine sees, read-only: programs and their libraries.
var hostFolders = []string{"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"}

// EnterRoot puts the machine's root file system together and makes it this process' root. Nothing of it is seen outside.
func EnterRoot(dir platform.Dir, p *platform.Platform) error {
	root := dir.Root()
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := mount("tmpfs", root, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, name := range hostFolders {
		if err := hostFolder(root, name); err != nil {
			return err
		}
	}
	if err := ownFolders(root); err != nil {
		return err
	}
	for from, to := range map[string]string{
		string(dir):     string(platform.Inside),
		dir.State():     platform.StateDir,
		dir.Ephemeral(): platform.EphemeralDir,
	} {
		if err := bind(from, filepath.Join(root, to), false); err != nil {
			return err
		}
	}
	for from, to := range map[string]string{
		p.Binaries: platform.BinariesDir,
		p.Images:   platform.ImagesDir,
		p.CAFile:   platform.CAFile,
		p.UserData: platform.UserData,
	} {
		if _, err := os.Stat(from); from == "" || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := bind(from, filepath.Join(root, to), true); err != nil {
			return err
		}
	}
	if err := showSelf(root); err != nil {
		return err
	}
	if err := pivot(root); err != nil {
		return err
	}
	return furnish(p)
}

// hostFolder shows a folder of the host. Where the host has a link (/bin to usr/bin), so has the machine.
func hostFolder(root, name string) error {
	from, to := "/"+name, filepath.Join(root, name)
	info, err := os.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	return bind(from, to, true)
}

// ownFolders mounts what every machine has of its own.
func ownFolders(root string) error {
	for _, m := range []struct {
		source, at, kind string
		flags            uintptr
		options          string
	}{
		{"proc", "proc", "proc", 0, ""},
		{"sysfs", "sys", "sysfs", 0, ""},
		{"tmpfs", "run", "tmpfs", 0, "mode=755"},
		{"tmpfs", "tmp", "tmpfs", 0, "mode=1777"},
	} {
		if err := mount(m.source, filepath.Join(root, m.at), m.kind, m.flags, m.options); err != nil {
			return err
		}
	}
	for _, at := range []string{"/dev", cgroupRoot} {
		if err := mount(at, filepath.Join(root, at), "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
			return err
		}
	}
	if err := mount("tmpfs", filepath.Join(root, "dev/shm"), "tmpfs", 0, "mode=1777"); err != nil {
		return err
	}
	upper, work := filepath.Join(root, "system/etc/upper"), filepath.Join(root, "system/etc/work")
	for _, folder := range []string{upper, work} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	return mount("overlay", filepath.Join(root, "etc"), "overlay", 0, fmt.Sprintf("lowerdir=/etc,upperdir=%s,workdir=%s", upper, work))
}

// showSelf shows this program where it is on the host: it is also a plugin of the container runtime.
func showSelf(root string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, self)); err == nil {
		return nil
	}
	return bind(self, filepath.Join(root, self), true)
}

func pivot(root string) error {
	old := filepath.Join(root, "system/old-root")
	if err := os.MkdirAll(old, 0o700); err != nil {
		return err
	}
	if err := syscall.PivotRoot(root, old); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := syscall.Unmount("/system/old-root", syscall.MNT_DETACH); err != nil {
		return err
	}
	// Containers and kubelet's volumes need mounts that propagate, among the machine's own only.
	return syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")
}

// furnish makes the small things that programs expect of a freshly booted system.
func furnish(p *platform.Platform) error {
	for _, folder := range []string{"/root", "/opt/cni/bin", "/var/log", "/var/lib", "/run/lock"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	for link, target := range map[string]string{"/var/run": "/run", "/var/lock": "/run/lock"} {
		_ = os.Remove(link)
		if err := os.Symlink(target, link); err != nil {
			return err
		}
	}
	// The host's own, and some of them links to nowhere here.
	for _, path := range []string{"/etc/os-release", "/etc/cni", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id"} {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	if err := showUUID(p.UUID); err != nil {
		return err
	}
	// As on real machines, every boot has an id of its own; kubelet and talosctl tell a reboot by it.
	id := "/run/boot-id"
	if err := os.WriteFile(id, []byte(newUUID()+"\n"), 0o444); err != nil {
		return err
	}
	return mount(id, "/proc/sys/kernel/random/boot_id", "", syscall.MS_BIND, "")
}

// showUUID gives the machine a hardware UUID of its own, where the host has one.
func showUUID(uuid string) error {
	const hardware, own = "/sys/class/dmi/id/product_uuid", "/run/product-uuid"
	if _, err := os.Stat(hardware); err != nil || uuid == "" {
		return nil
	}
	if err := os.WriteFile(own, []byte(uuid+"\n"), 0o444); err != nil {
		return err
	}
	return mount(own, hardware, "", syscall.MS_BIND, "")
}

func newUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// bind shows from at to, which is made: a folder, or a file where from is one.
func bind(from, to string, readOnly bool) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		file, err := os.OpenFile(to, os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		file.Close()
	}
	if err := mount(from, to, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return err
	}
	if readOnly {
		return mount("", to, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	}
	return nil
}

func mount(source, target, kind string, flags uintptr, options string) error {
	if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(target, 0o755); err != nil {
			return err
		}
	}
	if err := syscall.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s: %w", strings.TrimSpace(source+" "+target), err)
	}
	return nil
}
