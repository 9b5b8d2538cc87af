// Package manifests puts into a cluster what Talos puts there when it is bootstrapped.
package manifests

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"go.yaml.in/yaml/v4"

	"talos-cloud-edge/lab/machine/internal/images"
)

//go:embed templates/*.yaml
var files embed.FS

// values of the templates.
type values struct {
	TokenID, TokenSecret string
	// Server is the API's address for what runs on every node's own network.
	Server string

	ProxyImage   string
	ProxyCommand []string

	DNSImage     string
	DNSAddresses []string
	Domain       string

	FlannelImage   string
	FlannelArgs    []string
	FlannelNetwork string
	// PrismPort is KubePrism's, empty where it is off.
	PrismPort string
}

// object is any Kubernetes object.
type object map[string]any

func (o object) text(names ...string) string {
	var at any = map[string]any(o)
	for _, name := range names {
		fields, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = fields[name]
	}
	text, _ := at.(string)
	return text
}

// render gives the objects that the machine config asks for, in the order in which they are to be made.
func render(c config.Provider, server string) ([]object, error) {
	cluster := c.Cluster()
	v, err := valuesOf(c, server)
	if err != nil {
		return nil, err
	}
	wanted := []string{"10-bootstrap"}
	if cluster.Proxy().Enabled() {
		wanted = append(wanted, "20-kube-proxy")
	}
	if cluster.CoreDNS().Enabled() {
		wanted = append(wanted, "30-coredns")
	}
	if cluster.Network().CNI().Name() == constants.FlannelCNI {
		wanted = append(wanted, "40-flannel")
	}
	var objects []object
	for _, name := range wanted {
		parsed, err := template.New(name+".yaml").Funcs(template.FuncMap{"json": toJSON}).ParseFS(files, "templates/"+name+".yaml")
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		if err := parsed.Execute(&text, v); err != nil {
			return nil, err
		}
		more, err := decode(name, text.String())
		if err != nil {
			return nil, err
		}
		objects = append(objects, more...)
	}
	for _, manifest := range cluster.InlineManifests() {
		more, err := decode(manifest.Name(), manifest.Contents())
		if err != nil {
			return nil, err
		}
		objects = append(objects, more...)
	}
	slices.SortStableFunc(objects, func(a, b object) int { return rank(a) - rank(b) })
	return objects, nil
}

// rank puts first what other objects need.
func rank(o object) int {
	switch o.text("kind") {
	case "Namespace":
		return 0
	case "CustomResourceDefinition":
		return 1
	default:
		return 2
	}
}

func valuesOf(c config.Provider, server string) (*values, error) {
	cluster := c.Cluster()
	addresses, err := cluster.Network().DNSServiceIPs()
	if err != nil {
		return nil, fmt.Errorf("error calculating DNS service IPs: %w", err)
	}
	network, err := flannelNetwork(cluster.Network().PodCIDRs())
	if err != nil {
		return nil, err
	}
	proxy, err := proxyCommand(c)
	if err != nil {
		return nil, err
	}
	v := &values{
		TokenID: cluster.Token().ID(), TokenSecret: cluster.Token().Secret(), Server: server,
		ProxyImage: cluster.Proxy().Image(), ProxyCommand: proxy,
		DNSImage: cluster.CoreDNS().Image(), Domain: cluster.Network().DNSDomain(),
		FlannelImage:   images.Flannel,
		FlannelArgs:    append([]string{"--ip-masq", "--kube-subnet-mgr"}, cluster.Network().CNI().Flannel().ExtraArgs()...),
		FlannelNetwork: network,
	}
	for _, address := range addresses {
		v.DNSAddresses = append(v.DNSAddresses, address.String())
	}
	if prism := c.Machine().Features().KubePrism(); prism.Enabled() {
		v.PrismPort = strconv.Itoa(prism.Port())
	}
	return v, nil
}

func proxyCommand(c config.Provider) ([]string, error) {
	proxy := c.Cluster().Proxy()
	mode := proxy.Mode()
	if mode == "" {
		mode = "nftables"
	}
	args := map[string]string{
		"cluster-cidr":           strings.Join(c.Cluster().Network().PodCIDRs(), ","),
		"conntrack-max-per-core": "0",
		"hostname-override":      "$(NODE_NAME)",
		"kubeconfig":             "/etc/kubernetes/kubeconfig",
		"proxy-mode":             mode,
	}
	for name, value := range proxy.ExtraArgs() {
		if name == "kubeconfig" {
			return nil, fmt.Errorf("cluster.proxy.extraArgs: %q can't be overridden", name)
		}
		args[name] = value
	}
	command := []string{"/usr/local/bin/kube-proxy"}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		command = append(command, "--"+name+"="+args[name])
	}
	return command, nil
}

// flannelNetwork is Flannel's own configuration; Talos uses VXLAN's registered port, not Flannel's default.
func flannelNetwork(cidrs []string) (string, error) {
	network := map[string]any{"Backend": map[string]any{"Type": "vxlan", "Port": 4789}}
	for _, cidr := range cidrs {
		if strings.Contains(cidr, ".") {
			network["Network"] = cidr
		} else {
			network["IPv6Network"], network["EnableIPv6"] = cidr, true
		}
	}
	if network["Network"] == nil {
		network["EnableIPv4"] = false
	}
	text, err := json.MarshalIndent(network, "", "  ")
	return string(text), err
}

func toJSON(value any) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}

// decode reads the documents of a YAML file.
func decode(name, text string) ([]object, error) {
	var objects []object
	documents := yaml.NewDecoder(strings.NewReader(text))
	for {
		var next map[string]any
		err := documents.Decode(&next)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("manifest %s: %w", name, err)
		}
		if len(next) > 0 {
			objects = append(objects, next)
		}
	}
}
