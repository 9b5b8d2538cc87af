package network

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/vishvananda/netlink"
)

const (
	dhcpTimeout  = 3 * time.Second
	dhcpRetry    = 2 * time.Second
	defaultLease = time.Hour
	shortestWait = time.Second
	mtuOption    = dhcpv4.OptionInterfaceMTU
)

// lease is what a DHCP server gave to the machine.
type lease struct {
	address     *net.IPNet
	routes      []netlink.Route
	hostname    string
	nameservers []netip.Addr
	mtu         int
}

// runDHCP keeps a lease on the link until ctx ends. apply is called with each new lease, and with nil when one is lost.
func runDHCP(ctx context.Context, logger *log.Logger, link string, apply func(*lease) error) {
	for ctx.Err() == nil {
		if err := holdLease(ctx, logger, link, apply); err != nil && ctx.Err() == nil {
			logger.Printf("DHCP on %s: %v", link, err)
		}
		pause(ctx, dhcpRetry)
	}
}

// holdLease takes a lease, renews it, and returns when it is lost.
func holdLease(ctx context.Context, logger *log.Logger, link string, apply func(*lease) error) error {
	client, err := nclient4.New(link, nclient4.WithTimeout(dhcpTimeout), nclient4.WithRetry(2))
	if err != nil {
		return err
	}
	defer client.Close()
	wanted := dhcpv4.WithRequestedOptions(dhcpv4.OptionSubnetMask, dhcpv4.OptionRouter, dhcpv4.OptionDomainNameServer, dhcpv4.OptionHostName,
		dhcpv4.OptionInterfaceMTU, dhcpv4.OptionClasslessStaticRoute)
	held, err := client.Request(ctx, wanted)
	if err != nil {
		return err
	}
	if err := applyACK(held.ACK, link, apply); err != nil {
		return err
	}
	logger.Printf("DHCP on %s: %s for %s", link, held.ACK.YourIPAddr, held.ACK.IPAddressLeaseTime(defaultLease))
	expires := time.Now().Add(held.ACK.IPAddressLeaseTime(defaultLease))
	for {
		total := held.ACK.IPAddressLeaseTime(defaultLease)
		next := held.ACK.IPAddressRenewalTime(total / 2)
		if time.Until(expires) < total/2 {
			// Half the lease is over and the server did not answer yet.
			next = time.Until(expires) / 4
		}
		pause(ctx, max(next, shortestWait))
		if ctx.Err() != nil {
			return nil
		}
		renewed, err := client.Renew(ctx, held, wanted)
		if err == nil {
			held, expires = renewed, time.Now().Add(renewed.ACK.IPAddressLeaseTime(defaultLease))
			if err := applyACK(held.ACK, link, apply); err != nil {
				return err
			}
			continue
		}
		if refused(err) || time.Now().After(expires) {
			return fmt.Errorf("lease of %s lost: %w", held.ACK.YourIPAddr, errorsOf(err, apply(nil)))
		}
	}
}

func refused(err error) bool {
	_, nak := err.(*nclient4.ErrNak)
	return nak
}

func errorsOf(first, second error) error {
	if second != nil {
		return fmt.Errorf("%w; %w", first, second)
	}
	return first
}

func applyACK(ack *dhcpv4.DHCPv4, link string, apply func(*lease) error) error {
	if ack.YourIPAddr.IsUnspecified() {
		return fmt.Errorf("the server gave no address")
	}
	mask := ack.SubnetMask()
	if mask == nil {
		mask = ack.YourIPAddr.DefaultMask()
	}
	l := &lease{address: &net.IPNet{IP: ack.YourIPAddr.To4(), Mask: mask}, hostname: ack.HostName(), mtu: mtu(ack)}
	for _, server := range ack.DNS() {
		if address, ok := netip.AddrFromSlice(server.To4()); ok {
			l.nameservers = append(l.nameservers, address)
		}
	}
	// RFC 3442: a client that is told classless routes ignores the router option.
	if routes := ack.ClasslessStaticRoute(); len(routes) > 0 {
		for _, route := range routes {
			l.routes = append(l.routes, gatewayRoute(route.Dest, route.Router, l.address))
		}
	} else if routers := ack.Router(); len(routers) > 0 {
		l.routes = append(l.routes, gatewayRoute(nil, routers[0], l.address))
	}
	return apply(l)
}

func mtu(ack *dhcpv4.DHCPv4) int {
	value := ack.Options.Get(mtuOption)
	if len(value) != 2 {
		return 0
	}
	return int(value[0])<<8 | int(value[1])
}

func gatewayRoute(destination *net.IPNet, gateway net.IP, address *net.IPNet) netlink.Route {
	if destination == nil {
		destination = &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}
	}
	route := netlink.Route{Dst: destination, Gw: gateway, Protocol: 16}
	switch {
	case gateway.IsUnspecified():
		route.Gw, route.Scope = nil, netlink.SCOPE_LINK
	case !address.Contains(gateway):
		// A /32, as clouds hand them out: its gateway is on the link all the same.
		route.Flags = int(netlink.FLAG_ONLINK)
	}
	return route
}

// applyLease gives the link what the lease says and takes away what earlier leases said.
func applyLease(name string, l *lease) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	present, err := netlink.AddrList(link, netlink.FAMILY_V4)
	if err != nil {
		return err
	}
	for _, address := range present {
		if l == nil || !sameNet(address.IPNet, l.address) {
			if err := netlink.AddrDel(link, &address); err != nil {
				return err
			}
		}
	}
	if l == nil {
		return nil
	}
	if l.mtu > 0 {
		if err := netlink.LinkSetMTU(link, l.mtu); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(present, func(a netlink.Addr) bool { return sameNet(a.IPNet, l.address) }) {
		if err := netlink.AddrAdd(link, &netlink.Addr{IPNet: l.address}); err != nil {
			return err
		}
	}
	for _, route := range l.routes {
		route.LinkIndex = link.Attrs().Index
		route.Priority = 1024
		if err := netlink.RouteReplace(&route); err != nil {
			return fmt.Errorf("route to %s: %w", route.Dst, err)
		}
	}
	return nil
}

func sameNet(a, b *net.IPNet) bool { return a.String() == b.String() }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
