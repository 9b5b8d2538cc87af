package boot

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const cgroupRoot = "/sys/fs/cgroup"

// systemGroup is the leaf of the machine's own processes: in cgroup v2 a group with children cannot hold processes too.
const systemGroup = "system"

// hierarchy is one cgroup hierarchy of the host: several with v1, one with v2, both on hybrid hosts.
type hierarchy struct {
	mount       string
	controllers string
	v2          bool
	// before is the group that this process was in.
	before string
}

// cgroup is the machine's group in every hierarchy.
type cgroup struct {
	path        string
	hierarchies []hierarchy
}

// joinCgroup makes the machine's groups and moves this process, whose children follow, into them.
func joinCgroup(path string) (*cgroup, error) {
	hierarchies, err := cgroupHierarchies()
	if err != nil {
		return nil, err
	}
	if err := mountCgroups(hierarchies); err != nil {
		return nil, err
	}
	if path == "" {
		return &cgroup{}, nil
	}
	g := &cgroup{path: path, hierarchies: hierarchies}
	for _, h := range hierarchies {
		if err := h.make(path); err != nil {
			return nil, fmt.Errorf("cgroup %s: %w", filepath.Join(h.mount, path), err)
		}
		if err := h.enter(filepath.Join(path, systemGroup)); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// cgroupHierarchies reads /proc/self/cgroup, which names every hierarchy and this process' place in it.
func cgroupHierarchies() ([]hierarchy, error) {
	content, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	var found []hierarchy
	lines := bufio.NewScanner(strings.NewReader(string(content)))
	for lines.Scan() {
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) != 3 {
			continue
		}
		h := hierarchy{controllers: parts[1], v2: parts[0] == "0", before: parts[2]}
		h.mount = filepath.Join(cgroupRoot, strings.TrimPrefix(h.controllers, "name="))
		found = append(found, h)
	}
	if len(found) > 1 {
		for i := range found {
			if found[i].v2 {
				found[i].mount = filepath.Join(cgroupRoot, "unified")
			}
		}
	}
	return found, nil
}

// mountCgroups mounts what is not mounted: `ip netns exec` puts a new sysfs, without cgroups, over the old one.
func mountCgroups(hierarchies []hierarchy) error {
	if mounted(cgroupRoot) {
		return nil
	}
	if len(hierarchies) > 1 || !hierarchies[0].v2 {
		if err := syscall.Mount("tmpfs", cgroupRoot, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("mount %s: %w", cgroupRoot, err)
		}
	}
	for _, h := range hierarchies {
		if err := os.MkdirAll(h.mount, 0o755); err != nil {
			return err
		}
		kind, options := "cgroup", h.controllers
		if h.v2 {
			kind, options = "cgroup2", ""
		}
		if strings.HasPrefix(options, "name=") {
			options = "none," + options
		}
		if err := syscall.Mount("cgroup", h.mount, kind, 0, options); err != nil {
			return fmt.Errorf("mount %s: %w", h.mount, err)
		}
		if err := linkControllers(h); err != nil {
			return err
		}
	}
	return nil
}

// linkControllers gives a hierarchy of several controllers the names of the single ones, as hosts have it.
func linkControllers(h hierarchy) error {
	if !strings.Contains(h.controllers, ",") {
		return nil
	}
	for controller := range strings.SplitSeq(h.controllers, ",") {
		err := os.Symlink(filepath.Base(h.mount), filepath.Join(cgroupRoot, controller))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func mounted(path string) bool {
	var here, above syscall.Stat_t
	if syscall.Stat(path, &here) != nil || syscall.Stat(filepath.Dir(path), &above) != nil {
		return false
	}
	return here.Dev != above.Dev
}

// make creates the group and those above it, with all controllers that v2 can hand down, and the leaf of the machine's own processes.
func (h hierarchy) make(path string) error {
	at := h.mount
	for part := range strings.SplitSeq(filepath.Join(path, systemGroup), "/") {
		if h.v2 {
			h.handDown(at)
		}
		above := at
		at = filepath.Join(at, part)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		if strings.Contains(h.controllers, "cpuset") {
			for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
				content, err := os.ReadFile(filepath.Join(above, file))
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(at, file), content, 0o644); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// handDown gives the groups below at every controller that at has. One that cannot be handed down is left out.
func (h hierarchy) handDown(at string) {
	controllers, _ := os.ReadFile(filepath.Join(at, "cgroup.controllers"))
	for controller := range strings.FieldsSeq(string(controllers)) {
		_ = os.WriteFile(filepath.Join(at, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
	}
}

func (h hierarchy) enter(path string) error {
	procs := filepath.Join(h.mount, path, "cgroup.procs")
	if err := os.WriteFile(procs, []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
		return fmt.Errorf("join cgroup: %w", err)
	}
	return nil
}

// clear ends what is still in the machine's groups, but this process, and removes the groups of its pods. A kubelet that finds groups of containers
// that are no more waits long for each.
func (g *cgroup) clear() {
	g.killRest()
	for _, h := range g.hierarchies {
		entries, _ := os.ReadDir(filepath.Join(h.mount, g.path))
		for _, entry := range entries {
			if entry.IsDir() && entry.Name() != systemGroup {
				removeGroups(filepath.Join(h.mount, g.path, entry.Name()))
			}
		}
	}
}

func (g *cgroup) killRest() {
	for range 50 {
		rest := 0
		for _, h := range g.hierarchies {
			rest += killIn(filepath.Join(h.mount, g.path))
		}
		if rest == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func killIn(group string) int {
	killed := 0
	_ = filepath.WalkDir(group, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "cgroup.procs" {
			return nil
		}
		content, _ := os.ReadFile(path)
		for field := range strings.FieldsSeq(string(content)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 0 && pid != os.Getpid() {
				killed++
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		return nil
	})
	return killed
}

// leave moves this process back to where it was and removes the machine's groups.
func (g *cgroup) leave() {
	for _, h := range g.hierarchies {
		if h.enter(h.before) != nil && h.enter("/") != nil {
			continue
		}
		removeGroups(filepath.Join(h.mount, g.path))
	}
}

func removeGroups(group string) {
	entries, _ := os.ReadDir(group)
	for _, entry := range entries {
		if entry.IsDir() {
			removeGroups(filepath.Join(group, entry.Name()))
		}
	}
	_ = os.Remove(group)
}
