package kube

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// arguments of a program: flags without their dashes, and values.
type arguments map[string]string

// merge takes the extra arguments of the config over ours. Those in additive are added to ours, those in denied are refused.
func (a arguments) merge(extra map[string]string, additive, denied []string) error {
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		value, ours := a[name]
		switch {
		case slices.Contains(denied, name):
			return fmt.Errorf("argument %q is not allowed in extraArgs", name)
		case ours && slices.Contains(additive, name):
			a[name] = value + "," + extra[name]
		default:
			a[name] = extra[name]
		}
	}
	return nil
}

func (a arguments) list() []string {
	list := make([]string, 0, len(a))
	for _, name := range slices.Sorted(maps.Keys(a)) {
		list = append(list, "--"+name+"="+a[name])
	}
	return list
}

// command runs a program of the lab's binaries.
func (k *Kubernetes) command(program string, args arguments, env map[string]string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(k.node.Binaries, program), args.list()...)
	cmd.Env = os.Environ()
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	return cmd
}
