package network

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
)

// leftovers are the kinds of link that an earlier boot may have left in the network namespace, which outlives a boot here.
var leftovers = map[string]bool{"vxlan": true, "bridge": true, "veth": true, "tun": true, "ipvlan": true}

// sysctls that Talos sets on every node.
var sysctls = map[string]string{
	"net/ipv4/ip_forward":                        "1",
	"net/ipv6/conf/default/forwarding":           "1",
	"net/ipv4/conf/all/rp_filter":                "0",
	"net/ipv4/conf/default/rp_filter":            "0",
	"net/ipv4/icmp_ignore_bogus_error_responses": "1",
	"net/ipv4/icmp_echo_ignore_broadcasts":       "1",
}

// powerOn leaves the network namespace as a machine's network is right after power on.
func powerOn(own string, dhcp bool) error {
	links, err := netlink.LinkList()
	if err != nil {
		return err
	}
	for _, link := range links {
		if name := link.Attrs().Name; name == own || name == "lo" || !leftovers[link.Type()] && link.Type() != "tuntap" {
			continue
		}
		// A link may be gone with the one that it lay upon.
		if err := netlink.LinkDel(link); err != nil && !errors.Is(err, syscall.ENODEV) {
			return fmt.Errorf("remove link %s: %w", link.Attrs().Name, err)
		}
	}
	if err := removeRules(); err != nil {
		return err
	}
	if nft, err := exec.LookPath("nft"); err == nil {
		if out, err := exec.Command(nft, "flush", "ruleset").CombinedOutput(); err != nil {
			return fmt.Errorf("nft flush ruleset: %w: %s", err, strings.TrimSpace(string(out)))
		}
	}
	for name, value := range sysctls {
		// What a kernel does not have need not be set.
		if err := os.WriteFile("/proc/sys/"+name, []byte(value), 0o644); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	for _, name := range []string{"lo", own} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("link %s: %w", name, err)
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("link %s up: %w", name, err)
		}
	}
	if dhcp {
		return applyLease(own, nil)
	}
	return nil
}

// removeRules removes the policy rules that Tailscale adds to the kernel's own three.
func removeRules() error {
	rules, err := netlink.RuleList(netlink.FAMILY_ALL)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if rule.Priority <= 0 || rule.Priority == 32766 || rule.Priority == 32767 {
			continue
		}
		if err := netlink.RuleDel(&rule); err != nil {
			return fmt.Errorf("remove rule %s: %w", rule, err)
		}
	}
	return nil
}
