package kube

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"

	"talos-cloud-edge/lab/machine/internal/kubeapi"
	"talos-cloud-edge/lab/machine/internal/pki"
)

// document is a configuration file's content. JSON is YAML too.
func document(content any) []byte {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(text, '\n')
}

// identity is who a kubeconfig speaks for.
type identity struct {
	commonName   string
	organization string
	lifetime     time.Duration
	// user and context are names in the file.
	user, context string
	server        string
}

func (k *Kubernetes) kubeconfig(who identity) ([]byte, error) {
	pair, err := pki.Issue(k.config().Cluster().IssuingCA(), pki.Request{
		CommonName: who.commonName, Organizations: []string{who.organization}, Client: true, Lifetime: who.lifetime,
	})
	if err != nil {
		return nil, err
	}
	return kubeapi.Kubeconfig{
		Cluster: k.config().Cluster().Name(), Server: who.server, CA: k.acceptedCAs(),
		User: who.user, Context: who.context, Certificate: pair.Crt, Key: pair.Key,
	}.YAML(), nil
}

// Kubeconfig is the administrator's, as Talos' API gives it.
func (k *Kubernetes) Kubeconfig() ([]byte, error) {
	if !k.isControlPlane() {
		return nil, fmt.Errorf("kubeconfig is only available on control plane nodes")
	}
	admin := k.config().Cluster().AdminKubeconfig()
	return k.kubeconfig(identity{
		commonName: admin.CommonName(), organization: admin.CertOrganization(), lifetime: admin.CertLifetime(),
		user: "admin", context: "admin", server: k.config().Cluster().Endpoint().String(),
	})
}

// writeKubeconfigs writes those of the control plane's components; the last one is secretsWritten's.
func (k *Kubernetes) writeKubeconfigs() error {
	for _, file := range []struct {
		path, name, organization string
	}{
		{filepath.Join(constants.KubernetesControllerManagerSecretsDir, "kubeconfig"), constants.KubernetesControllerManagerOrganization, constants.KubernetesControllerManagerOrganization},
		{filepath.Join(constants.KubernetesSchedulerSecretsDir, "kubeconfig"), constants.KubernetesSchedulerOrganization, constants.KubernetesSchedulerOrganization},
		{adminKubeconfig, constants.KubernetesTalosAdminCertCommonName, constants.KubernetesAdminCertOrganization},
	} {
		content, err := k.kubeconfig(identity{
			commonName: file.name, organization: file.organization, lifetime: certificateLifetime,
			user: file.name, context: "default", server: k.localEndpoint(),
		})
		if err != nil {
			return err
		}
		if err := pki.WriteFile(file.path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// adminClient reaches this machine's API server with Talos' own rights.
func (k *Kubernetes) adminClient() (*kubeapi.Client, error) { return kubeapi.Open(adminKubeconfig) }
