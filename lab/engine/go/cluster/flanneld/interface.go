package main

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"strings"

	"github.com/flannel-io/flannel/pkg/backend"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/subnet"
	"k8s.io/klog/v2"
)

// findInterface gives the interface that carries traffic between hosts: the first match of what was asked for, in the order
// of names, expressions and reachability; the default route's where nothing was asked for.
func findInterface(ctx context.Context, o options, config *subnet.Config, leases subnet.Manager) (*backend.ExternalInterface, error) {
	family, err := ipmatch.GetIPFamily(config.EnableIPv4, config.EnableIPv6)
	if err != nil {
		return nil, err
	}
	public := ipmatch.PublicIPOpts{PublicIP: o.publicIP}
	if stored, storedIPv6 := leases.GetStoredPublicIP(ctx); stored != "" || storedIPv6 != "" {
		public = ipmatch.PublicIPOpts{PublicIP: stored, PublicIPv6: storedIPv6}
	}
	if len(o.interfaces) == 0 && len(o.interfaceRegexes) == 0 && o.interfaceCanReach == "" {
		return ipmatch.LookupExtIface(public.PublicIP, "", "", family, public)
	}
	type wish struct{ name, regex, canReach string }
	var wishes []wish
	for _, name := range o.interfaces {
		wishes = append(wishes, wish{name: name})
	}
	for _, regex := range o.interfaceRegexes {
		wishes = append(wishes, wish{regex: regex})
	}
	if o.interfaceCanReach != "" {
		wishes = append(wishes, wish{canReach: o.interfaceCanReach})
	}
	for _, w := range wishes {
		found, err := ipmatch.LookupExtIface(w.name, w.regex, w.canReach, family, public)
		if err == nil && found != nil {
			return found, nil
		}
		klog.Infof("could not find valid interface matching %s: %v", w.name+w.regex+w.canReach, err)
	}
	return nil, errors.New("failed to find interface to use that matches the interfaces and/or regexes provided")
}

// lastRun is what the run before this one left in the subnet file.
type lastRun struct{ network, subnet ip.IP4Net }

func readSubnetFile(path string) lastRun {
	var last lastRun
	file, err := os.Open(path)
	if err != nil {
		return last
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		first, _, _ := strings.Cut(value, ",")
		_, cidr, err := net.ParseCIDR(first)
		if err != nil {
			continue
		}
		switch name {
		case "FLANNEL_NETWORK":
			last.network = ip.FromIPNet(cidr)
		case "FLANNEL_SUBNET":
			last.subnet = ip.FromIPNet(cidr)
		}
	}
	return last
}
