package kube

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"

	"talos-cloud-edge/lab/machine/internal/pki"
	"talos-cloud-edge/lab/machine/internal/service"
)

func (k *Kubernetes) controllerManager() service.Spec {
	secret := func(name string) string { return filepath.Join(constants.KubernetesControllerManagerSecretsDir, name) }
	return service.Spec{
		ID:      "kube-controller-manager",
		Prepare: k.apiReadyAfterSecrets,
		Command: func() (*exec.Cmd, error) {
			cluster := k.config().Cluster()
			args := arguments{
				"allocate-node-cidrs":              "true",
				"authentication-kubeconfig":        secret("kubeconfig"),
				"authorization-kubeconfig":         secret("kubeconfig"),
				"bind-address":                     "127.0.0.1",
				"cluster-cidr":                     strings.Join(cluster.Network().PodCIDRs(), ","),
				"cluster-signing-cert-file":        secret("issuing-ca.crt"),
				"cluster-signing-key-file":         secret("ca.key"),
				"configure-cloud-routes":           "false",
				"controllers":                      "*,tokencleaner",
				"kubeconfig":                       secret("kubeconfig"),
				"leader-elect":                     "true",
				"profiling":                        "false",
				"root-ca-file":                     secret("ca.crt"),
				"service-account-private-key-file": secret("service-account.key"),
				"service-cluster-ip-range":         strings.Join(cluster.Network().ServiceCIDRs(), ","),
				"tls-min-version":                  "VersionTLS13",
				"use-service-account-credentials":  "true",
			}
			if cluster.ExternalCloudProvider().Enabled() {
				args["cloud-provider"] = "external"
			}
			err := args.merge(cluster.ControllerManager().ExtraArgs(), []string{"service-cluster-ip-range", "controllers"}, []string{
				"cluster-signing-cert-file", "cluster-signing-key-file", "authentication-kubeconfig", "authorization-kubeconfig", "root-ca-file",
				"service-account-private-key-file",
			})
			return k.command("kube-controller-manager", args, cluster.ControllerManager().Env()), err
		},
		Healthy: probe("https://127.0.0.1:10257/healthz"),
	}
}

func (k *Kubernetes) scheduler() service.Spec {
	kubeconfig := filepath.Join(constants.KubernetesSchedulerSecretsDir, "kubeconfig")
	configFile := filepath.Join(constants.KubernetesSchedulerConfigDir, "scheduler-config.yaml")
	return service.Spec{
		ID: "kube-scheduler",
		Prepare: func(ctx context.Context) error {
			if err := k.apiReadyAfterSecrets(ctx); err != nil {
				return err
			}
			content := maps.Clone(k.config().Cluster().Scheduler().Config())
			if content == nil {
				content = map[string]any{}
			}
			content["apiVersion"], content["kind"] = "kubescheduler.config.k8s.io/v1", "KubeSchedulerConfiguration"
			connection, _ := content["clientConnection"].(map[string]any)
			connection = maps.Clone(connection)
			if connection == nil {
				connection = map[string]any{}
			}
			connection["kubeconfig"] = kubeconfig
			content["clientConnection"] = connection
			return pki.WriteFile(configFile, document(content), 0o600)
		},
		Command: func() (*exec.Cmd, error) {
			cluster := k.config().Cluster()
			args := arguments{
				"authentication-kubeconfig":              kubeconfig,
				"authentication-tolerate-lookup-failure": "false",
				"authorization-kubeconfig":               kubeconfig,
				"bind-address":                           "127.0.0.1",
				"config":                                 configFile,
				"leader-elect":                           "true",
				"profiling":                              "false",
				"tls-min-version":                        "VersionTLS13",
			}
			err := args.merge(cluster.Scheduler().ExtraArgs(), nil,
				[]string{"kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig", "config"})
			return k.command("kube-scheduler", args, cluster.Scheduler().Env()), err
		},
		Healthy: probe("https://127.0.0.1:10259/livez"),
	}
}

func (k *Kubernetes) apiReadyAfterSecrets(ctx context.Context) error {
	if err := k.secretsWritten(); err != nil {
		return err
	}
	return k.apiReady(ctx)
}

// probe asks a health endpoint of this machine. What serves on loopback has certificates of its own making.
func probe(url string) func(context.Context) error {
	client := &http.Client{
		Timeout:   3 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
	}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return errors.New("expected HTTP status OK, got " + response.Status)
		}
		return nil
	}
}
