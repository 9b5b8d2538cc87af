// Package machined is the machine's first process: it boots the machine and starts what its config asks for.
package machined

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"

	"talos-cloud-edge/lab/machine/internal/api"
	"talos-cloud-edge/lab/machine/internal/apid"
	"talos-cloud-edge/lab/machine/internal/boot"
	"talos-cloud-edge/lab/machine/internal/extension"
	"talos-cloud-edge/lab/machine/internal/identity"
	"talos-cloud-edge/lab/machine/internal/machine"
	"talos-cloud-edge/lab/machine/internal/platform"
	"talos-cloud-edge/lab/machine/internal/service"
)

// path of the programs that services run: the lab's own before the host's.
const path = platform.BinariesDir + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// members is the service that does what Talos' discovery does.
const members = "members"

// Main runs the machine that lives in dir until its power goes. It is the first process of the machine's namespaces.
func Main(dir platform.Dir) error {
	power := make(chan os.Signal, 1)
	signal.Notify(power, syscall.SIGTERM, syscall.SIGINT)
	p, err := platform.Load(dir)
	if err != nil {
		return err
	}
	if err := boot.EnterRoot(dir, p); err != nil {
		return err
	}
	for name, value := range map[string]string{"PATH": path, "HOME": "/root"} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	go boot.Reap()
	logger := log.New(os.Stdout, "[talos] ", log.LstdFlags|log.LUTC|log.Lmsgprefix)
	logger.Printf("booting Talos %s (lab) on %s", p.TalosVersion, p.Name)
	m, err := machine.New(p, logger)
	if err != nil {
		return err
	}
	go func() {
		<-power
		logger.Printf("power button pressed")
		m.Shutdown("")
	}()
	ctx := context.Background()
	if err := m.Network.Start(ctx); err != nil {
		m.SetProblem("network: %v", err)
		select {}
	}
	if err := acquire(ctx, m); err != nil {
		return err
	}
	start(m)
	select {}
}

// acquire returns when the machine has a config, from its disk, its platform or a person.
func acquire(ctx context.Context, m *machine.Machine) error {
	found, err := m.Acquire(ctx)
	if err != nil || found {
		return err
	}
	m.SetStage(runtime.MachineStageMaintenance)
	m.Log.Printf("entering maintenance service")
	c, err := api.Maintain(ctx, m)
	if err != nil {
		return err
	}
	m.Log.Printf("leaving maintenance service")
	m.SetStage(runtime.MachineStageBooting)
	return m.Apply(c)
}

// start starts Talos' own services, the extension and the Kubernetes side.
func start(m *machine.Machine) {
	id := identity.New(m)
	k := &kubernetes{machine: m}
	server := &api.Server{Machine: m, Kubernetes: k.current, Hidden: hidden()}
	m.LeaveCluster = k.leave
	m.Services.Start(service.Spec{ID: "machined", Run: func(ctx context.Context, _ io.Writer) error { return server.Serve(ctx) }, Healthy: well})
	m.Services.Start(service.Spec{
		ID:      "apid",
		Prepare: id.Ensure,
		Run: func(ctx context.Context, log io.Writer) error {
			go id.Keep(ctx, func(format string, args ...any) { fmt.Fprintf(log, format+"\n", args...) })
			return apid.Serve(ctx, id, m.IsControlPlane())
		},
		Healthy: well,
	})
	if m.IsControlPlane() {
		trustd := &identity.Trustd{Machine: m}
		m.Services.Start(service.Spec{
			ID: "trustd", Prepare: id.Ensure, Healthy: well,
			Run: func(ctx context.Context, _ io.Writer) error { return trustd.Serve(ctx, id) },
		})
	}
	if m.IsControlPlane() {
		m.Services.Start(service.Spec{ID: members, Run: server.KeepMembers})
	}
	startExtension(m)
	k.start()
}

// startExtension starts the extension once the config has something for it, and again when that has changed.
func startExtension(m *machine.Machine) {
	environment := ""
	update := func() {
		now, changed := extension.Changed(m, environment)
		if !changed {
			return
		}
		environment = now
		if now == "" {
			m.Services.Remove(extension.ID)
			return
		}
		m.Services.Start(extension.Tailscale(m))
	}
	update()
	m.OnConfig(update)
}

// well is the health check of what is healthy while it runs.
func well(context.Context) error { return nil }
