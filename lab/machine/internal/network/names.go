package network

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// chooseHostname follows Talos' order: the machine config, then DHCP or the platform, then a name that the machine makes up.
func (n *Network) chooseHostname() string {
	if n.config != nil && n.config.NetworkHostnameConfig() != nil {
		if name := n.config.NetworkHostnameConfig().Hostname(); name != "" {
			return name
		}
	}
	if n.lease != nil && n.lease.hostname != "" {
		return n.lease.hostname
	}
	if n.platform.Name == "gcp" && n.platform.MachineName != "" {
		return n.platform.MachineName
	}
	return n.fallback
}

// hosts is the content of /etc/hosts: the machine's own name and the config's StaticHostConfig documents.
func (n *Network) hosts() string {
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n")
	if len(n.addresses) > 0 {
		short, _, _ := strings.Cut(n.hostname, ".")
		names := n.hostname
		if short != n.hostname {
			names += " " + short
		}
		fmt.Fprintf(&b, "%s %s\n", n.addresses[0], names)
	}
	b.WriteString("::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n")
	if n.config != nil {
		for _, host := range n.config.NetworkStaticHostConfig() {
			fmt.Fprintf(&b, "%s %s\n", host.IP(), strings.Join(host.Aliases(), " "))
		}
	}
	return b.String()
}

// resolvConf is the content of /etc/resolv.conf: the config's name servers, else the lease's, else the platform's.
func (n *Network) resolvConf() string {
	var servers []netip.Addr
	if n.config != nil && n.config.NetworkResolverConfig() != nil {
		servers = n.config.NetworkResolverConfig().Resolvers()
	}
	if len(servers) == 0 && n.lease != nil {
		servers = n.lease.nameservers
	}
	if len(servers) == 0 {
		if server, err := netip.ParseAddr(n.platform.Nameserver); err == nil {
			servers = []netip.Addr{server}
		}
	}
	var b strings.Builder
	for _, server := range servers {
		fmt.Fprintf(&b, "nameserver %s\n", server)
	}
	return b.String()
}

// writeInPlace keeps the file itself, which may be mounted elsewhere (into pods), and touches it only when it changes.
func writeInPlace(path, content string) error {
	if present, err := os.ReadFile(path); err == nil && string(present) == content {
		return nil
	}
	return os.WriteFile(path, []byte(content), 0o644)
}
