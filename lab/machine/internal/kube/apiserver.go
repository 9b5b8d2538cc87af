package kube

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"

	"talos-cloud-edge/lab/machine/internal/etcd"
	"talos-cloud-edge/lab/machine/internal/pki"
	"talos-cloud-edge/lab/machine/internal/service"
)

const apiCipherSuites = "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256," +
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256," +
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"

func (k *Kubernetes) apiServer() service.Spec {
	return service.Spec{
		ID: "kube-apiserver",
		Prepare: func(ctx context.Context) error {
			if err := k.secretsWritten(); err != nil {
				return err
			}
			if err := k.Etcd.Running(ctx); err != nil {
				return fmt.Errorf("waiting for etcd: %w", err)
			}
			return k.writeAPIServerConfig()
		},
		Command: func() (*exec.Cmd, error) {
			args, err := k.apiServerArgs()
			if err != nil {
				return nil, err
			}
			return k.command("kube-apiserver", args, k.config().Cluster().APIServer().Env()), nil
		},
		Healthy: k.apiReady,
	}
}

// apiReady asks this machine's API server with Talos' own certificate: it takes no anonymous requests.
func (k *Kubernetes) apiReady(ctx context.Context) error {
	client, err := k.adminClient()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Ready(ctx); err != nil {
		return fmt.Errorf("waiting for kube-apiserver: %w", err)
	}
	return nil
}

func (k *Kubernetes) apiServerArgs() (arguments, error) {
	cluster := k.config().Cluster()
	nodeIP, err := k.node.NodeIP()
	if err != nil {
		return nil, err
	}
	secret := func(name string) string { return filepath.Join(constants.KubernetesAPIServerSecretsDir, name) }
	file := func(name string) string { return filepath.Join(constants.KubernetesAPIServerConfigDir, name) }
	pkiFile := func(name string) string { return filepath.Join(constants.EtcdPKIPath, name) }
	args := arguments{
		"admission-control-config-file":      file("admission-control-config.yaml"),
		"advertise-address":                  nodeIP.String(),
		"allow-privileged":                   "true",
		"anonymous-auth":                     "false",
		"api-audiences":                      cluster.Endpoint().String(),
		"audit-log-maxage":                   "30",
		"audit-log-maxbackup":                "10",
		"audit-log-maxsize":                  "100",
		"audit-log-path":                     filepath.Join(constants.KubernetesAuditLogDir, "kube-apiserver.log"),
		"audit-policy-file":                  file("auditpolicy.yaml"),
		"bind-address":                       "0.0.0.0",
		"client-ca-file":                     secret("ca.crt"),
		"enable-admission-plugins":           "NodeRestriction",
		"enable-bootstrap-token-auth":        "true",
		"encryption-provider-config":         secret("encryptionconfig.yaml"),
		"etcd-cafile":                        pkiFile("ca.crt"),
		"etcd-certfile":                      pkiFile(etcd.APIServerClient + ".crt"),
		"etcd-keyfile":                       pkiFile(etcd.APIServerClient + ".key"),
		"etcd-servers":                       fmt.Sprintf("https://localhost:%d", constants.EtcdClientPort),
		"kubelet-client-certificate":         secret("apiserver-kubelet-client.crt"),
		"kubelet-client-key":                 secret("apiserver-kubelet-client.key"),
		"kubelet-preferred-address-types":    "InternalIP,ExternalIP,Hostname",
		"profiling":                          "false",
		"proxy-client-cert-file":             secret("front-proxy-client.crt"),
		"proxy-client-key-file":              secret("front-proxy-client.key"),
		"requestheader-allowed-names":        "front-proxy-client",
		"requestheader-client-ca-file":       secret("aggregator-ca.crt"),
		"requestheader-extra-headers-prefix": "X-Remote-Extra-",
		"requestheader-group-headers":        "X-Remote-Group",
		"requestheader-username-headers":     "X-Remote-User",
		"secure-port":                        strconv.Itoa(cluster.LocalAPIServerPort()),
		"service-account-issuer":             cluster.Endpoint().String(),
		"service-account-key-file":           secret("service-account.pub"),
		"service-account-signing-key-file":   secret("service-account.key"),
		"service-cluster-ip-range":           strings.Join(cluster.Network().ServiceCIDRs(), ","),
		"tls-cert-file":                      secret("apiserver.crt"),
		"tls-cipher-suites":                  apiCipherSuites,
		"tls-min-version":                    "VersionTLS12",
		"tls-private-key-file":               secret("apiserver.key"),
	}
	// Not of Talos: without it, kube-apiserver takes a minute to end while anybody watches, and the machine as long to reboot.
	args["shutdown-send-retry-after"] = "true"
	extra := cluster.APIServer().ExtraArgs()
	if _, byFlags := extra["authorization-mode"]; byFlags {
		args["authorization-mode"] = "Node,RBAC"
	} else {
		args["authorization-config"] = file("authorization-config.yaml")
	}
	return args, args.merge(extra,
		[]string{"enable-admission-plugins", "feature-gates", "authorization-mode", "tls-cipher-suites"},
		[]string{
			"etcd-servers", "client-ca-file", "requestheader-client-ca-file", "proxy-client-cert-file", "proxy-client-key-file",
			"encryption-provider-config", "etcd-cafile", "etcd-certfile", "etcd-keyfile", "kubelet-client-certificate", "kubelet-client-key",
			"service-account-key-file", "service-account-signing-key-file", "tls-cert-file", "tls-private-key-file", "authorization-config",
		})
}

// apiServerFiles are what the machine config says of admission, audit and authorization.
func (k *Kubernetes) apiServerFiles() map[string]any {
	server := k.config().Cluster().APIServer()
	plugins := []any{}
	for _, plugin := range server.AdmissionControl() {
		plugins = append(plugins, map[string]any{"name": plugin.Name(), "configuration": plugin.Configuration()})
	}
	authorizers := []any{}
	given := server.AuthorizationConfig()
	for _, always := range []string{"Node", "RBAC"} {
		if !slices.ContainsFunc(given, func(a config.AuthorizationConfigAuthorizer) bool { return a.Type() == always }) {
			authorizers = append(authorizers, map[string]any{"type": always, "name": strings.ToLower(always)})
		}
	}
	for _, authorizer := range given {
		entry := map[string]any{"type": authorizer.Type(), "name": authorizer.Name()}
		if webhook := authorizer.Webhook(); len(webhook) > 0 {
			entry["webhook"] = webhook
		}
		authorizers = append(authorizers, entry)
	}
	return map[string]any{
		"admission-control-config.yaml": map[string]any{
			"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins,
		},
		"auditpolicy.yaml": server.AuditPolicy(),
		"authorization-config.yaml": map[string]any{
			"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration", "authorizers": authorizers,
		},
	}
}

func (k *Kubernetes) writeAPIServerConfig() error {
	if err := os.MkdirAll(constants.KubernetesAuditLogDir, 0o700); err != nil {
		return err
	}
	for name, content := range k.apiServerFiles() {
		if err := pki.WriteFile(filepath.Join(constants.KubernetesAPIServerConfigDir, name), document(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}
