// Package extension runs the Tailscale extension from its ExtensionServiceConfig, as the official image's start program does.
package extension

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/resources/network"

	"talos-cloud-edge/lab/machine/internal/machine"
	"talos-cloud-edge/lab/machine/internal/platform"
	"talos-cloud-edge/lab/machine/internal/service"
)

const (
	// Image is the extension as a schematic names it.
	Image = "siderolabs/tailscale"
	// ID is the extension's service.
	ID = "ext-tailscale"

	socket = "/run/tailscale/tailscaled.sock"
	// startTimeout is how long the official image gives itself to be in the tailnet before it ends and is started again.
	startTimeout = 60 * time.Second
	askEvery     = 200 * time.Millisecond
	stopGrace    = 3 * time.Second
)

// Tailscale is the extension's service. Without the extension in the machine's image it waits for ever.
func Tailscale(m *machine.Machine) service.Spec {
	has := false
	for _, extension := range m.Platform.Extensions {
		has = has || extension == Image
	}
	return service.Spec{
		ID: ID,
		Prepare: func(context.Context) error {
			if !has {
				return fmt.Errorf("waiting for extension %s, which this machine's image does not have", Image)
			}
			if environment(m) == nil {
				return fmt.Errorf("waiting for extension service config")
			}
			if len(m.Network.Addresses()) == 0 {
				return fmt.Errorf("waiting for %s", network.AddressStatusType)
			}
			return nil
		},
		Run: func(ctx context.Context, log io.Writer) error { return run(ctx, environment(m), log) },
	}
}

// Environment of the extension's service config; nil where there is none.
func environment(m *machine.Machine) []string {
	c := m.Config()
	if c == nil {
		return nil
	}
	for _, extension := range c.ExtensionServiceConfigs() {
		if extension.Name() == "tailscale" {
			return append([]string{}, extension.Environment()...)
		}
	}
	return nil
}

// Changed tells whether the config gives the extension another environment than last did.
func Changed(m *machine.Machine, last string) (string, bool) {
	now := strings.Join(environment(m), "\n")
	return now, now != last
}

// run starts tailscaled, logs in where that is due, and returns when tailscaled has ended.
func run(ctx context.Context, env []string, log io.Writer) error {
	s, err := parse(env)
	if err != nil {
		return err
	}
	for _, folder := range []string{s.stateDir, filepath.Dir(socket)} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	daemon := exec.Command(filepath.Join(platform.BinariesDir, "tailscaled"), s.daemonArgs()...)
	daemon.Env, daemon.Stdout, daemon.Stderr = s.environ, log, log
	daemon.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := daemon.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.Wait() }()
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	started := make(chan error, 1)
	go func() { started <- s.join(starting, log) }()
	for {
		select {
		case err := <-started:
			if err == nil {
				continue
			}
			stop(daemon, ended)
			return err
		case err := <-ended:
			cancel()
			if err == nil {
				err = fmt.Errorf("tailscaled ended")
			}
			return err
		case <-ctx.Done():
			stop(daemon, ended)
			return nil
		}
	}
}

func stop(daemon *exec.Cmd, ended <-chan error) {
	_ = daemon.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(stopGrace):
		_ = syscall.Kill(-daemon.Process.Pid, syscall.SIGKILL)
		<-ended
	}
}

// join brings the node into the tailnet: by its key where it is not in already, or always where TS_AUTH_ONCE is off.
func (s *settings) join(ctx context.Context, log io.Writer) error {
	loggedIn := false
	login := func() error {
		loggedIn = true
		return s.tailscale(ctx, log, s.upArgs())
	}
	for {
		state, err := backendState(ctx)
		if err == nil && !s.authOnce && !loggedIn {
			if err := login(); err != nil {
				return err
			}
		}
		switch {
		case err != nil:
		case state == "NeedsLogin" && !loggedIn:
			if err := login(); err != nil {
				return err
			}
		case state == "Running":
			if s.authOnce {
				return s.tailscale(ctx, log, s.setArgs())
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not in the tailnet after %s: tailscaled's state is %q", startTimeout, state)
		case <-time.After(askEvery):
		}
	}
}

// tailscale runs the command line client; its last line says what was wrong.
func (s *settings) tailscale(ctx context.Context, log io.Writer, args []string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(platform.BinariesDir, "tailscale"), append([]string{"--socket=" + socket}, args...)...)
	cmd.Env = s.environ
	fmt.Fprintf(log, "Running 'tailscale %s'\n", args[0])
	out, err := cmd.CombinedOutput()
	_, _ = log.Write(out)
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("tailscale %s failed: %w: %s", args[0], err, lines[len(lines)-1])
	}
	return nil
}

// backendState is tailscaled's own word for how far it is.
func backendState(ctx context.Context) (string, error) {
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://local-tailscaled.sock/localapi/v0/status?peers=false", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer := struct{ BackendState string }{}
	err = json.NewDecoder(response.Body).Decode(&answer)
	return answer.BackendState, err
}
