// Command machine stands in for one Talos machine of the lab: it boots in namespaces of its own, takes a machine config and runs what a Talos
// node of that config runs.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"talos-cloud-edge/lab/machine/internal/boot"
	"talos-cloud-edge/lab/machine/internal/cni"
	"talos-cloud-edge/lab/machine/internal/dial"
	"talos-cloud-edge/lab/machine/internal/images"
	"talos-cloud-edge/lab/machine/internal/machined"
	"talos-cloud-edge/lab/machine/internal/platform"
)

func main() {
	// Container runtimes know a plugin by its file's name.
	if filepath.Base(os.Args[0]) == "flannel" {
		cni.Main()
		return
	}
	var err error
	switch command := append(os.Args, "")[1]; command {
	case "boot":
		err = bootMachine(os.Args[2:], boot.Boot)
	case boot.InitCommand:
		err = bootMachine(os.Args[2:], machined.Main)
	case "dial":
		err = dialFor(os.Args[2:])
	case "images":
		err = makeImages(os.Args[2:])
	default:
		fmt.Fprintln(os.Stderr, "usage: machine boot|dial|images …")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bootMachine runs a machine, or as the machine's own first process what is inside of it.
func bootMachine(args []string, run func(platform.Dir) error) error {
	flags := flag.NewFlagSet("boot", flag.ExitOnError)
	dir := flags.String("dir", "", "folder that the machine lives in")
	_ = flags.Parse(args)
	if !filepath.IsAbs(*dir) {
		return fmt.Errorf("--dir must be an absolute path")
	}
	return run(platform.Dir(*dir))
}

// dialFor lends this network namespace to callers on a socket.
func dialFor(args []string) error {
	flags := flag.NewFlagSet("dial", flag.ExitOnError)
	socket := flags.String("listen", "", "unix socket")
	_ = flags.Parse(args)
	return dial.Serve(*socket)
}

// makeImages builds the archives of all images that machines of the lab run.
func makeImages(args []string) error {
	flags := flag.NewFlagSet("images", flag.ExitOnError)
	binaries := flags.String("binaries", "", "folder of the lab's binaries")
	out := flags.String("out", "", "folder for the archives")
	_ = flags.Parse(args)
	return images.Build(*binaries, *out)
}
