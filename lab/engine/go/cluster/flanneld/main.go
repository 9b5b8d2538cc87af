// flanneld is Flannel's daemon from Flannel's own packages, with the VXLAN backend and the Kubernetes subnet manager only:
// the official command links backends that need cgo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/subnet"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
	"github.com/flannel-io/flannel/pkg/trafficmngr"
	"github.com/flannel-io/flannel/pkg/trafficmngr/iptables"
	"github.com/flannel-io/flannel/pkg/trafficmngr/nftables"
	"k8s.io/klog/v2"
)

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(o)
	}
	if err != nil {
		klog.Error(err)
		klog.Flush()
		os.Exit(1)
	}
}

func run(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var running sync.WaitGroup
	err := start(ctx, o, &running)
	if err != nil {
		stop()
	}
	running.Wait()
	return err
}

func start(ctx context.Context, o options, running *sync.WaitGroup) error {
	leases, err := kube.NewSubnetManager(ctx, o.kubeAPIURL, o.kubeconfig, o.annotationPrefix, o.networkConfig, o.setNetworkUnusable)
	if err != nil {
		return fmt.Errorf("failed to create SubnetManager: %w", err)
	}
	config, err := leases.GetNetworkConfig(ctx)
	if err != nil {
		return fmt.Errorf("couldn't fetch network config: %w", err)
	}
	outer, err := findInterface(ctx, o, config, leases)
	if err != nil {
		return err
	}
	builder, err := backend.NewManager(ctx, leases, outer).GetBackend(config.BackendType)
	if err != nil {
		return fmt.Errorf("error fetching backend: %w", err)
	}
	network, err := builder.RegisterNetwork(ctx, running, config)
	if err != nil {
		return fmt.Errorf("error registering network: %w", err)
	}
	if err := setRules(ctx, o, config, network, running); err != nil {
		return err
	}
	lease := network.Lease()
	if err := leases.HandleSubnetFile(o.subnetFile, config, o.ipMasquerade, lease.Subnet, lease.IPv6Subnet, network.MTU()); err != nil {
		return fmt.Errorf("failed to write subnet file: %w", err)
	}
	klog.Infof("wrote subnet file to %s", o.subnetFile)
	running.Go(func() { network.Run(ctx) })
	return leases.CompleteLease(ctx, lease, running)
}

// setRules keeps the packet filter's rules for the pod network.
func setRules(ctx context.Context, o options, config *subnet.Config, network backend.Network, running *sync.WaitGroup) error {
	var rules trafficmngr.TrafficManager = &iptables.IPTablesManager{}
	if config.EnableNFTables {
		rules = &nftables.NFTablesManager{}
	}
	if err := rules.Init(ctx, running); err != nil {
		return err
	}
	if o.ipMasquerade {
		before := readSubnetFile(o.subnetFile)
		noIPv6 := ip.IP6Net{IP: ip.FromIP6(net.IPv6zero)}
		err := rules.SetupAndEnsureMasqRules(ctx,
			config.Network, before.subnet, before.network,
			config.IPv6Network, noIPv6, noIPv6,
			network.Lease(), o.resyncSeconds)
		if err != nil {
			return fmt.Errorf("failed to setup masq rules: %w", err)
		}
	}
	if o.forwardRules {
		rules.SetupAndEnsureForwardRules(ctx, config.Network, config.IPv6Network, o.resyncSeconds)
	}
	return nil
}
