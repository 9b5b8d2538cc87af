// Package network is a machine's network: its link, its addresses, its name and the names it knows.
package network

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/vishvananda/netlink"

	"talos-cloud-edge/lab/machine/internal/platform"
)

// settled is how long changes of addresses are collected before they are looked at.
const settled = 100 * time.Millisecond

// Network is a machine's network.
type Network struct {
	platform *platform.Platform
	log      *log.Logger
	onChange func()
	fallback string

	mu        sync.Mutex
	config    config.Provider
	lease     *lease
	addresses []netip.Addr
	hostname  string
}

// New makes the network of a machine. fallback is its name where nobody gives it one; onChange is called when a name or an address changes.
func New(p *platform.Platform, logger *log.Logger, fallback string, onChange func()) *Network {
	return &Network{platform: p, log: logger, onChange: onChange, fallback: fallback}
}

// Start brings the network up and keeps it so until ctx ends.
func (n *Network) Start(ctx context.Context) error {
	if err := powerOn(n.platform.Link, n.platform.DHCP); err != nil {
		return err
	}
	n.readAddresses()
	if err := n.refresh(); err != nil {
		return err
	}
	changes := make(chan netlink.AddrUpdate, 64)
	if err := netlink.AddrSubscribe(changes, ctx.Done()); err != nil {
		return err
	}
	go n.follow(ctx, changes)
	if n.platform.DHCP {
		go runDHCP(ctx, n.log, n.platform.Link, n.take)
	}
	return nil
}

// Configure applies the network part of a machine config.
func (n *Network) Configure(c config.Provider) error {
	n.mu.Lock()
	n.config = c
	n.mu.Unlock()
	return n.refresh()
}

// Hostname is the machine's name.
func (n *Network) Hostname() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hostname
}

// Addresses are all of the machine's addresses that others could reach it at, its own link's first.
func (n *Network) Addresses() []netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.addresses)
}

// NodeIP is the machine's address in the cluster: the first one inside machine.kubelet.nodeIP.validSubnets.
func (n *Network) NodeIP() (netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.config == nil || n.config.Machine() == nil {
		return netip.Addr{}, fmt.Errorf("no machine config")
	}
	subnets := n.config.Machine().Kubelet().NodeIP().ValidSubnets()
	for _, address := range n.nodeAddresses() {
		if len(subnets) == 0 || matches(address, subnets) {
			return address, nil
		}
	}
	if len(subnets) == 0 {
		return netip.Addr{}, fmt.Errorf("no address")
	}
	return netip.Addr{}, fmt.Errorf("no address in the valid subnets %v", subnets)
}

// NodeAddresses are the addresses without those of pods and services.
func (n *Network) NodeAddresses() []netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.nodeAddresses()
}

func (n *Network) nodeAddresses() []netip.Addr {
	var cluster []string
	if n.config != nil && n.config.Cluster() != nil {
		cluster = slices.Concat(n.config.Cluster().Network().PodCIDRs(), n.config.Cluster().Network().ServiceCIDRs())
	}
	return slices.DeleteFunc(slices.Clone(n.addresses), func(a netip.Addr) bool { return matches(a, cluster) })
}

// matches is Talos' rule of subnets: inside any of them, and in none that is written with an exclamation mark.
func matches(address netip.Addr, subnets []string) bool {
	inside := false
	for _, subnet := range subnets {
		excluded := len(subnet) > 0 && subnet[0] == '!'
		if excluded {
			subnet = subnet[1:]
		}
		prefix, err := netip.ParsePrefix(subnet)
		if err != nil || !prefix.Contains(address) {
			continue
		}
		if excluded {
			return false
		}
		inside = true
	}
	return inside
}

// take is told of every lease, and of nil when it is lost.
func (n *Network) take(l *lease) error {
	if err := applyLease(n.platform.Link, l); err != nil {
		return err
	}
	if l == nil {
		return nil
	}
	n.mu.Lock()
	n.lease = l
	n.mu.Unlock()
	n.readAddresses()
	return n.refresh()
}

func (n *Network) follow(ctx context.Context, changes <-chan netlink.AddrUpdate) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
		}
		pause(ctx, settled)
		for len(changes) > 0 {
			<-changes
		}
		if !n.readAddresses() {
			continue
		}
		if err := n.refresh(); err != nil {
			n.log.Printf("network: %v", err)
		}
	}
}

// readAddresses is true when they have changed.
func (n *Network) readAddresses() bool {
	var found []netip.Addr
	links, err := net.Interfaces()
	if err != nil {
		return false
	}
	slices.SortStableFunc(links, func(a, b net.Interface) int {
		return boolOrder(a.Name == n.platform.Link, b.Name == n.platform.Link)
	})
	for _, link := range links {
		addresses, _ := link.Addrs()
		for _, entry := range addresses {
			prefix, err := netip.ParsePrefix(entry.String())
			if err != nil {
				continue
			}
			if address := prefix.Addr().Unmap(); !address.IsLoopback() && !address.IsLinkLocalUnicast() {
				found = append(found, address)
			}
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	changed := !slices.Equal(found, n.addresses)
	n.addresses = found
	return changed
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// refresh writes the machine's name and what it knows of others' names.
func (n *Network) refresh() error {
	n.mu.Lock()
	hostname := n.chooseHostname()
	changed := hostname != n.hostname
	n.hostname = hostname
	files := map[string]string{"/etc/hostname": hostname + "\n", "/etc/hosts": n.hosts(), "/etc/resolv.conf": n.resolvConf()}
	n.mu.Unlock()
	if changed {
		if err := syscall.Sethostname([]byte(hostname)); err != nil {
			return err
		}
		n.log.Printf("hostname %s", hostname)
	}
	for path, content := range files {
		if err := writeInPlace(path, content); err != nil {
			return err
		}
	}
	n.onChange()
	return nil
}
