// Package cni is Flannel's CNI plugin: it takes the subnet that flanneld got for this machine and has the bridge plugin do the rest.
package cni

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/containernetworking/cni/pkg/invoke"
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/cni/pkg/version"
)

const (
	defaultSubnetFile = "/run/flannel/subnet.env"
	// defaultDataDir keeps what each container got, so that it can be undone when the subnet is another one.
	defaultDataDir = "/var/lib/cni/flannel"
)

// Main answers one call of a container runtime, as the plugins' protocol has it, and ends the process.
func Main() {
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Check: check, Del: del}, version.All, "CNI plugin flannel of the lab")
}

type config struct {
	types.PluginConf
	SubnetFile string         `json:"subnetFile"`
	DataDir    string         `json:"dataDir"`
	Delegate   map[string]any `json:"delegate"`
}

func load(input []byte) (*config, error) {
	c := &config{SubnetFile: defaultSubnetFile, DataDir: defaultDataDir}
	if err := json.Unmarshal(input, c); err != nil {
		return nil, fmt.Errorf("failed to load netconf: %w", err)
	}
	return c, nil
}

func add(args *skel.CmdArgs) error {
	c, err := load(args.StdinData)
	if err != nil {
		return err
	}
	subnet, err := readSubnet(c.SubnetFile)
	if err != nil {
		return fmt.Errorf("failed to load flannel 'subnet.env' file: %w. Check the flannel pod log for this node", err)
	}
	delegate := c.bridge(subnet)
	content, err := json.Marshal(delegate)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.DataDir, args.ContainerID), content, 0o600); err != nil {
		return err
	}
	result, err := invoke.DelegateAdd(context.Background(), delegate["type"].(string), content, nil)
	if err != nil {
		return fmt.Errorf("failed to delegate add: %w", err)
	}
	return types.PrintResult(result, c.CNIVersion)
}

func check(args *skel.CmdArgs) error {
	c, err := load(args.StdinData)
	if err != nil {
		return err
	}
	content, kind, err := c.remembered(args.ContainerID)
	if err != nil {
		return err
	}
	return invoke.DelegateCheck(context.Background(), kind, content, nil)
}

func del(args *skel.CmdArgs) error {
	c, err := load(args.StdinData)
	if err != nil {
		return err
	}
	content, kind, err := c.remembered(args.ContainerID)
	if errors.Is(err, fs.ErrNotExist) {
		// Nothing was ever added, or all is undone already: both are fine.
		return nil
	}
	if err != nil {
		return err
	}
	if err := invoke.DelegateDel(context.Background(), kind, content, nil); err != nil {
		return fmt.Errorf("failed to delegate delete: %w", err)
	}
	return os.Remove(filepath.Join(c.DataDir, args.ContainerID))
}

func (c *config) remembered(container string) (content []byte, kind string, err error) {
	content, err = os.ReadFile(filepath.Join(c.DataDir, container))
	if err != nil {
		return nil, "", err
	}
	var conf types.PluginConf
	if err := json.Unmarshal(content, &conf); err != nil {
		return nil, "", err
	}
	return content, conf.Type, nil
}

// bridge is the configuration of the plugin that does the work.
func (c *config) bridge(s *subnet) map[string]any {
	conf := maps.Clone(c.Delegate)
	if conf == nil {
		conf = map[string]any{}
	}
	ipam, _ := conf["ipam"].(map[string]any)
	ipam = maps.Clone(ipam)
	if ipam == nil {
		ipam = map[string]any{}
	}
	ipam["type"] = "host-local"
	ipam["ranges"] = []any{[]any{map[string]any{"subnet": s.subnet}}}
	routes, _ := ipam["routes"].([]any)
	ipam["routes"] = append(routes, map[string]any{"dst": s.network})
	conf["ipam"] = ipam
	conf["name"], conf["cniVersion"] = c.Name, c.CNIVersion
	for name, value := range map[string]any{
		"type": "bridge", "isGateway": true, "mtu": s.mtu,
		// Either flanneld masquerades or the bridge plugin does.
		"ipMasq": !s.masquerades,
	} {
		if _, given := conf[name]; !given {
			conf[name] = value
		}
	}
	return conf
}

// subnet is what flanneld says of this machine's part of the pod network.
type subnet struct {
	network, subnet string
	mtu             int
	masquerades     bool
}

func readSubnet(path string) (*subnet, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s := &subnet{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		switch name {
		case "FLANNEL_NETWORK":
			s.network = value
		case "FLANNEL_SUBNET":
			// flanneld writes the machine's own address in it; the address manager wants the network.
			var prefix netip.Prefix
			prefix, err = netip.ParsePrefix(value)
			s.subnet = prefix.Masked().String()
		case "FLANNEL_MTU":
			s.mtu, err = strconv.Atoi(value)
		case "FLANNEL_IPMASQ":
			s.masquerades, err = strconv.ParseBool(value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	if s.network == "" || s.subnet == "" || s.mtu == 0 {
		return nil, fmt.Errorf("%s lacks FLANNEL_NETWORK, FLANNEL_SUBNET or FLANNEL_MTU", path)
	}
	return s, nil
}
