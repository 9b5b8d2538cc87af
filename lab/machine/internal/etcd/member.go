// Package etcd runs a control plane's etcd member as Talos does: it waits for a bootstrap or joins the members that run, and does what Talos' API asks of it.
package etcd

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
)

// Node is what etcd needs to know of its machine.
type Node struct {
	Config   func() config.Provider
	Binaries string
	Hostname string
	// Addresses of the machine, without those of pods and Services.
	Addresses func() []netip.Addr
	// ControlPlanes are the addresses at which members may run, this machine's among them.
	ControlPlanes func(ctx context.Context) ([]netip.Addr, error)
	Log           *log.Logger
}

// Member is this machine's member of the etcd cluster.
type Member struct {
	node Node

	mu sync.Mutex
	// bootstrap is asked for by Talos' API: this member starts a cluster of its own.
	bootstrap bool
	recover   bool
	// recoverFailed has a bootstrap from another snapshot accepted.
	recoverFailed bool
	// skipHashCheck is for a snapshot that was copied from a data folder.
	skipHashCheck bool
	// wake ends a try to join, which a bootstrap makes needless.
	wake    context.CancelFunc
	args    map[string]string
	started bool
	// stopPromotion ends the wait for this learner's promotion.
	stopPromotion context.CancelFunc
}

// New makes the member of a machine. It runs as a service, see Service.
func New(node Node) *Member { return &Member{node: node} }

// advertised are the addresses that other members reach this one at.
func (m *Member) advertised() ([]netip.Addr, error) {
	subnets := m.node.Config().Cluster().Etcd().AdvertisedSubnets()
	addresses := m.node.Addresses()
	if len(subnets) == 0 {
		if len(addresses) == 0 {
			return nil, fmt.Errorf("waiting for an address")
		}
		return addresses[:1], nil
	}
	matching, err := inSubnets(addresses, subnets)
	if err != nil {
		return nil, err
	}
	if len(matching) == 0 {
		return nil, fmt.Errorf("waiting for an address in cluster.etcd.advertisedSubnets %s", strings.Join(subnets, ", "))
	}
	return matching, nil
}

// listening are the addresses for peers and for clients.
func (m *Member) listening() (peers, clients []netip.Addr, err error) {
	subnets := m.node.Config().Cluster().Etcd().ListenSubnets()
	if len(subnets) == 0 {
		all := []netip.Addr{netip.IPv4Unspecified()}
		return all, all, nil
	}
	peers, err = inSubnets(m.node.Addresses(), subnets)
	if err != nil {
		return nil, nil, err
	}
	if len(peers) == 0 {
		return nil, nil, fmt.Errorf("waiting for an address in cluster.etcd.listenSubnets %s", strings.Join(subnets, ", "))
	}
	return peers, append([]netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, peers...), nil
}

// inSubnets keeps the addresses inside any of the subnets; one with a "!" before it excludes.
func inSubnets(addresses []netip.Addr, subnets []string) ([]netip.Addr, error) {
	var included, excluded []netip.Prefix
	for _, subnet := range subnets {
		text, negated := strings.CutPrefix(subnet, "!")
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		if negated {
			excluded = append(excluded, prefix)
		} else {
			included = append(included, prefix)
		}
	}
	var matching []netip.Addr
	for _, address := range addresses {
		if (len(included) == 0 || contains(included, address)) && !contains(excluded, address) {
			matching = append(matching, address)
		}
	}
	return matching, nil
}

func contains(prefixes []netip.Prefix, address netip.Addr) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

func urls(addresses []netip.Addr, port int) []string {
	list := make([]string, 0, len(addresses))
	for _, address := range addresses {
		list = append(list, "https://"+net.JoinHostPort(address.String(), strconv.Itoa(port)))
	}
	return list
}

// hasData tells whether this member belongs to a cluster already: etcd writes its log once it does.
func hasData() bool {
	entries, _ := os.ReadDir(filepath.Join(constants.EtcdDataPath, "member", "wal"))
	return len(entries) > 0
}

func removeData() error {
	entries, err := os.ReadDir(constants.EtcdDataPath)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(constants.EtcdDataPath, entry.Name())); err != nil {
			return fmt.Errorf("failed to remove %s: %w", constants.EtcdDataPath, err)
		}
	}
	return nil
}
