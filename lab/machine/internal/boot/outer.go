// Package boot gives a machine its namespaces and its root file system, and switches it on and off.
package boot

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"talos-cloud-edge/lab/machine/internal/platform"
)

// Exit codes by which the machine's first process says what shall become of the machine.
const (
	exitOff    = 0
	exitReboot = 64
)

// InitCommand is the name under which the outer process starts the machine's first process.
const InitCommand = "init"

const (
	ownMounts  = "MACHINE_OWN_MOUNTS"
	panicPause = time.Second
)

// Boot runs the machine that lives in dir until it is off. SIGTERM is the power button; ending the process is a power cut.
func Boot(dir platform.Dir) error {
	// The death signal of the machine's first process is tied to the thread that starts it.
	runtime.LockOSThread()
	if os.Getenv(ownMounts) == "" {
		return againWithOwnMounts()
	}
	p, err := platform.Load(dir)
	if err != nil {
		return err
	}
	for _, folder := range []string{dir.State(), dir.Ephemeral(), dir.Logs(), dir.Root()} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	pid, err := writePID(dir)
	if err != nil {
		return err
	}
	defer pid.Close()
	group, err := joinCgroup(p.Cgroup)
	if err != nil {
		return err
	}
	defer group.leave()
	// A power cut leaves them behind.
	group.clear()
	console, err := os.OpenFile(dir.Console(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer console.Close()
	log.SetOutput(console)
	button := make(chan os.Signal, 1)
	signal.Notify(button, syscall.SIGTERM, syscall.SIGINT)
	signal.Ignore(syscall.SIGHUP)
	// One that a power cut kept from being done.
	if err := wipe(dir); err != nil {
		return err
	}
	for {
		// What it says of the boot before is no longer so.
		if err := platform.NewStatusFile(dir).Write(platform.Status{Stage: platform.StageBooting}); err != nil {
			return err
		}
		code, err := run(dir, console, button)
		if err != nil {
			return err
		}
		group.clear()
		if err := wipe(dir); err != nil {
			return err
		}
		switch code {
		case exitOff:
			return platform.NewStatusFile(dir).Write(platform.Status{Stage: platform.StageOff})
		case exitReboot:
		default:
			log.Printf("the machine's first process ended with %d: rebooting", code)
			time.Sleep(panicPause)
		}
	}
}

// writePID leaves this process' id in the machine's folder. The file stays locked while the machine is on: it is never on twice.
func writePID(dir platform.Dir) (*os.File, error) {
	file, err := os.OpenFile(dir.PID(), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("the machine in %s is on already", dir)
	}
	if err := file.Truncate(0); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(file, os.Getpid())
	return file, err
}

// againWithOwnMounts replaces this process by itself in a mount namespace of its own.
func againWithOwnMounts() error {
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		return fmt.Errorf("new mount namespace: %w", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, os.Args, append(os.Environ(), ownMounts+"=1"))
}

// run is one boot: from power on until the machine's first process has ended, and with it everything in the machine.
func run(dir platform.Dir, console *os.File, button <-chan os.Signal) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	init := exec.Command(self, InitCommand, "--dir", string(dir))
	init.Stdout, init.Stderr = console, console
	init.Env = []string{}
	init.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true,
	}
	if err := init.Start(); err != nil {
		return 0, fmt.Errorf("start the machine's first process: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- init.Wait() }()
	for {
		select {
		case pressed := <-button:
			_ = init.Process.Signal(pressed)
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return 0, err
			}
			return init.ProcessState.ExitCode(), nil
		}
	}
}

// Off ends the machine's first process so that the machine is off.
func Off() { os.Exit(exitOff) }

// Reboot ends the machine's first process so that the machine boots again.
func Reboot() { os.Exit(exitReboot) }
