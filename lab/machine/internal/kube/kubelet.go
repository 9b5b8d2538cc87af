package kube

import (
	"context"
	"os"
	"os/exec"

	"talos-cloud-edge/lab/machine/internal/images"
	"talos-cloud-edge/lab/machine/internal/kubeapi"
	"talos-cloud-edge/lab/machine/internal/pki"
	"talos-cloud-edge/lab/machine/internal/service"
)

const (
	kubeletFolder    = "/var/lib/kubelet"
	kubeletConfig    = "/etc/kubernetes/kubelet.yaml"
	bootstrapFile    = "/etc/kubernetes/bootstrap-kubeconfig"
	clientCAFile     = "/etc/kubernetes/pki/ca.crt"
	resolvConf       = "/etc/resolv.conf"
	kubeletHealth    = "http://127.0.0.1:10248/healthz"
	manifestsFolder  = "/etc/kubernetes/manifests"
	kubeletCertsPath = kubeletFolder + "/pki"
)

// kubeletKubeconfig is written by kubelet once its certificate is approved; like the certificate, it outlives a reboot.
const kubeletKubeconfig = kubeletFolder + "/kubeconfig-kubelet"

func (k *Kubernetes) kubelet() service.Spec {
	return service.Spec{
		ID:      "kubelet",
		Prepare: k.prepareKubelet,
		Command: func() (*exec.Cmd, error) {
			args, err := k.kubeletArgs()
			if err != nil {
				return nil, err
			}
			return k.command("kubelet", args, nil), nil
		},
		Healthy: probe(kubeletHealth),
	}
}

func (k *Kubernetes) prepareKubelet(ctx context.Context) error {
	// The images first: that takes seconds, in which the machine gets its address.
	if err := images.Import(ctx, containerdSocket, k.node.Images, images.Names(k.config(), k.node.ImageNames)); err != nil {
		return err
	}
	if _, err := k.node.NodeIP(); err != nil {
		return err
	}
	for _, folder := range []string{kubeletFolder, manifestsFolder, "/var/log/pods", "/var/log/containers"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	if err := coverSysctls(); err != nil {
		return err
	}
	config, err := k.kubeletConfiguration()
	if err != nil {
		return err
	}
	token := k.config().Cluster().Token()
	bootstrap := kubeapi.Kubeconfig{
		Cluster: "local", Server: k.nodeEndpoint(), CA: k.acceptedCAs(), User: "kubelet", Context: "kubelet", Token: token.ID() + "." + token.Secret(),
	}
	for path, content := range map[string][]byte{
		kubeletConfig: document(config),
		bootstrapFile: bootstrap.YAML(),
		clientCAFile:  k.acceptedCAs(),
	} {
		if err := pki.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (k *Kubernetes) kubeletArgs() (arguments, error) {
	nodeIP, err := k.node.NodeIP()
	if err != nil {
		return nil, err
	}
	args := arguments{
		"bootstrap-kubeconfig": bootstrapFile,
		"cert-dir":             kubeletCertsPath,
		"config":               kubeletConfig,
		"hostname-override":    k.nodeName(),
		"kubeconfig":           kubeletKubeconfig,
		"node-ip":              nodeIP.String(),
	}
	if k.config().Cluster().ExternalCloudProvider().Enabled() {
		args["cloud-provider"] = "external"
	}
	return args, args.merge(k.config().Machine().Kubelet().ExtraArgs(), nil,
		[]string{"bootstrap-kubeconfig", "kubeconfig", "container-runtime", "container-runtime-endpoint", "config", "cert-dir"})
}
