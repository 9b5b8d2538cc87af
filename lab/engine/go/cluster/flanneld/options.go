package main

import (
	"flag"
	"fmt"
	"strings"

	"k8s.io/klog/v2"
)

// options are the flags of flanneld that matter where Kubernetes keeps its leases.
type options struct {
	kubeSubnetManager  bool
	ipMasquerade       bool
	forwardRules       bool
	resyncSeconds      int
	interfaces         list
	interfaceRegexes   list
	interfaceCanReach  string
	publicIP           string
	kubeAPIURL         string
	kubeconfig         string
	annotationPrefix   string
	networkConfig      string
	subnetFile         string
	setNetworkUnusable bool
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("flanneld", flag.ContinueOnError)
	flags.BoolVar(&o.kubeSubnetManager, "kube-subnet-mgr", false, "keep leases in Kubernetes' Nodes")
	flags.BoolVar(&o.ipMasquerade, "ip-masq", false, "masquerade traffic that leaves the pod network")
	flags.BoolVar(&o.forwardRules, "iptables-forward-rules", true, "accept forwarded traffic of the pod network")
	flags.IntVar(&o.resyncSeconds, "iptables-resync", 5, "seconds between two looks at the rules")
	flags.Var(&o.interfaces, "iface", "interface between hosts, by name or address; the first that matches is used")
	flags.Var(&o.interfaceRegexes, "iface-regex", "interface between hosts, by an expression for its name or address")
	flags.StringVar(&o.interfaceCanReach, "iface-can-reach", "", "interface between hosts: the one that the route to this address takes")
	flags.StringVar(&o.publicIP, "public-ip", "", "address at which other hosts reach this one")
	flags.StringVar(&o.kubeAPIURL, "kube-api-url", "", "address of the API server")
	flags.StringVar(&o.kubeconfig, "kubeconfig-file", "", "kubeconfig, where it runs outside a pod")
	flags.StringVar(&o.annotationPrefix, "kube-annotation-prefix", "flannel.alpha.coreos.com", "prefix of its annotations on Nodes")
	flags.StringVar(&o.networkConfig, "net-config-path", "/etc/kube-flannel/net-conf.json", "network configuration")
	flags.StringVar(&o.subnetFile, "subnet-file", "/run/flannel/subnet.env", "file that tells the CNI plugin of the subnet")
	flags.BoolVar(&o.setNetworkUnusable, "set-node-network-unavailable", true, "keep the Node's condition NetworkUnavailable")
	logging := flag.NewFlagSet("", flag.ContinueOnError)
	klog.InitFlags(logging)
	for _, name := range []string{"v", "vmodule"} {
		f := logging.Lookup(name)
		flags.Var(f.Value, f.Name, f.Usage)
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if !o.kubeSubnetManager {
		return o, fmt.Errorf("only --kube-subnet-mgr is supported")
	}
	return o, nil
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}
