package kube

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/kubelet"
)

// kubeletConfiguration is what Talos gives kubelet, but for what a machine that shares its kernel and disk with others needs otherwise.
func (k *Kubernetes) kubeletConfiguration() (map[string]any, error) {
	machine, cluster := k.config().Machine(), k.config().Cluster()
	config := map[string]any{}
	for name, value := range machine.Kubelet().ExtraConfig() {
		if slices.Contains(kubelet.ProtectedConfigurationFields, name) {
			return nil, fmt.Errorf("machine.kubelet.extraConfig: field %q can't be overridden", name)
		}
		config[name] = value
	}
	dns := machine.Kubelet().ClusterDNS()
	if len(dns) == 0 {
		addresses, err := cluster.Network().DNSServiceIPs()
		if err != nil {
			return nil, err
		}
		for _, address := range addresses {
			dns = append(dns, address.String())
		}
	}
	reserved := constants.KubeletSystemReservedMemoryWorker
	if k.isControlPlane() {
		reserved = constants.KubeletSystemReservedMemoryControlPlane
	}
	for name, value := range map[string]any{
		"address":                        "0.0.0.0",
		"clusterDNS":                     dns,
		"clusterDomain":                  cluster.Network().DNSDomain(),
		"failSwapOn":                     false,
		"logging":                        map[string]any{"format": "json"},
		"oomScoreAdj":                    0,
		"serializeImagePulls":            false,
		"streamingConnectionIdleTimeout": "5m",
		"systemReserved": map[string]any{
			"cpu": constants.KubeletSystemReservedCPU, "pid": constants.KubeletSystemReservedPid, "memory": reserved,
			"ephemeral-storage": constants.KubeletSystemReservedEphemeralStorage,
		},
		"tlsMinVersion": "VersionTLS13",
		// The disk is the host's: how full it is says nothing of this machine.
		"evictionHard": map[string]any{
			"memory.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%", "imagefs.inodesFree": "0%",
		},
		"imageGCHighThresholdPercent": 100,
		"failCgroupV1":                false,
		// The host's /usr, where it is otherwise, is there read-only.
		"volumePluginDir": kubeletFolder + "/volumeplugins",
	} {
		if _, given := config[name]; !given {
			config[name] = value
		}
	}
	gates, _ := config["featureGates"].(map[string]any)
	if gates = maps.Clone(gates); gates == nil {
		gates = map[string]any{}
	}
	// Rights over the kernel that a machine of the lab lacks are no reason to fail.
	gates["KubeletInUserNamespace"] = true
	for name, value := range map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true},
			"x509":      map[string]any{"clientCAFile": clientCAFile},
		},
		"authorization":            map[string]any{"mode": "Webhook"},
		"cgroupDriver":             "cgroupfs",
		"cgroupRoot":               filepath.Join("/", k.node.Cgroup),
		"containerRuntimeEndpoint": "unix://" + containerdSocket,
		"featureGates":             gates,
		"port":                     constants.KubeletPort,
		"protectKernelDefaults":    false,
		"resolvConf":               resolvConf,
		"rotateCertificates":       true,
		"seccompDefault":           machine.Kubelet().DefaultRuntimeSeccompProfileEnabled(),
		"staticPodPath":            manifestsFolder,
	} {
		config[name] = value
	}
	if machine.Kubelet().DisableManifestsDirectory() {
		config["staticPodPath"] = ""
	}
	if k.isControlPlane() && !cluster.ScheduleOnControlPlanes() {
		config["registerWithTaints"] = withControlPlaneTaint(config["registerWithTaints"])
	}
	return config, nil
}

// withControlPlaneTaint adds the taint that keeps pods away until the node service owns it.
func withControlPlaneTaint(given any) []any {
	taints, _ := given.([]any)
	for _, taint := range taints {
		if fields, ok := taint.(map[string]any); ok && fields["key"] == constants.LabelNodeRoleControlPlane {
			return taints
		}
	}
	return append(slices.Clone(taints), map[string]any{"key": constants.LabelNodeRoleControlPlane, "effect": "NoSchedule"})
}
