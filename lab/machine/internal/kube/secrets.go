package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"

	"talos-cloud-edge/lab/machine/internal/pki"
	"talos-cloud-edge/lab/machine/internal/service"
)

const (
	certificateLifetime = 365 * 24 * time.Hour
	addressesEvery      = 2 * time.Second
)

// secrets writes the control plane's certificates and kubeconfigs, and again when the machine's addresses change: kube-apiserver and etcd take up
// the new ones by themselves.
func (k *Kubernetes) secrets() service.Spec {
	return service.Spec{ID: "secrets", Run: func(ctx context.Context, log io.Writer) error {
		var last []netip.Addr
		for {
			addresses := k.ownAddresses()
			slices.SortFunc(addresses, netip.Addr.Compare)
			if last == nil || !slices.Equal(last, addresses) {
				if err := k.writeSecrets(); err != nil {
					return err
				}
				fmt.Fprintf(log, "certificates issued for %v\n", addresses)
				last = addresses
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(addressesEvery):
			}
		}
	}}
}

// secretsWritten is the last file that secrets writes.
func (k *Kubernetes) secretsWritten() error {
	if _, err := os.Stat(adminKubeconfig); err != nil {
		return errors.New("waiting for certificates")
	}
	return nil
}

// adminKubeconfig is Talos' own, at this machine's API server.
const adminKubeconfig = "/system/secrets/kubernetes/admin.kubeconfig"

func (k *Kubernetes) writeSecrets() error {
	cluster := k.config().Cluster()
	api := constants.KubernetesAPIServerSecretsDir
	if err := k.Etcd.WritePKI(); err != nil {
		return err
	}
	serving, err := k.servingRequest()
	if err != nil {
		return err
	}
	for name, c := range map[string]struct {
		ca      *pki.Pair
		request pki.Request
	}{
		"apiserver": {cluster.IssuingCA(), serving},
		"apiserver-kubelet-client": {cluster.IssuingCA(), pki.Request{
			CommonName: constants.KubernetesAPIServerKubeletClientCommonName, Organizations: []string{constants.KubernetesAdminCertOrganization}, Client: true,
		}},
		"front-proxy-client": {cluster.AggregatorCA(), pki.Request{CommonName: "front-proxy-client", Client: true}},
	} {
		c.request.Lifetime = certificateLifetime
		pair, err := pki.Issue(c.ca, c.request)
		if err != nil {
			return err
		}
		if err := pki.Write(api, name, pair); err != nil {
			return err
		}
	}
	account, err := cluster.ServiceAccount().GetKey()
	if err != nil {
		return fmt.Errorf("cluster.serviceAccount: %w", err)
	}
	manager := constants.KubernetesControllerManagerSecretsDir
	for path, content := range map[string][]byte{
		filepath.Join(api, "ca.crt"):                  k.acceptedCAs(),
		filepath.Join(api, "aggregator-ca.crt"):       cluster.AggregatorCA().Crt,
		filepath.Join(api, "service-account.key"):     account.GetPrivateKeyPEM(),
		filepath.Join(api, "service-account.pub"):     account.GetPublicKeyPEM(),
		filepath.Join(api, "encryptionconfig.yaml"):   k.encryption(),
		filepath.Join(manager, "ca.crt"):              k.acceptedCAs(),
		filepath.Join(manager, "issuing-ca.crt"):      cluster.IssuingCA().Crt,
		filepath.Join(manager, "ca.key"):              cluster.IssuingCA().Key,
		filepath.Join(manager, "service-account.key"): account.GetPrivateKeyPEM(),
	} {
		if err := pki.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return k.writeKubeconfigs()
}

// servingRequest names everything under which clients may reach this API server.
func (k *Kubernetes) servingRequest() (pki.Request, error) {
	cluster := k.config().Cluster()
	services, err := cluster.Network().APIServerIPs()
	if err != nil {
		return pki.Request{}, fmt.Errorf("cluster.network.serviceSubnets: %w", err)
	}
	request := pki.Request{
		CommonName: "kube-apiserver", Organizations: []string{"kube-master"}, Server: true,
		DNSNames: []string{
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + cluster.Network().DNSDomain(), "localhost",
			k.node.Hostname,
		},
		Addresses: slices.Concat(services, k.ownAddresses(), []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}),
	}
	for _, name := range append(cluster.CertSANs(), cluster.Endpoint().Hostname()) {
		if address, err := netip.ParseAddr(name); err == nil {
			request.Addresses = append(request.Addresses, address)
		} else {
			request.DNSNames = append(request.DNSNames, name)
		}
	}
	slices.Sort(request.DNSNames)
	request.DNSNames = slices.Compact(request.DNSNames)
	return request, nil
}

// acceptedCAs are the CAs whose certificates count in the cluster.
func (k *Kubernetes) acceptedCAs() []byte {
	cluster := k.config().Cluster()
	var content []byte
	if ca := cluster.IssuingCA(); ca != nil {
		content = append(content, ca.Crt...)
	}
	for _, ca := range cluster.AcceptedCAs() {
		if !strings.Contains(string(content), strings.TrimSpace(string(ca.Crt))) {
			content = append(content, ca.Crt...)
		}
	}
	return content
}

// encryption has Secrets encrypted in etcd with the keys of the config.
func (k *Kubernetes) encryption() []byte {
	cluster := k.config().Cluster()
	var providers []any
	key := func(kind, name, secret string) {
		if secret != "" {
			keys := []any{map[string]any{"name": name, "secret": secret}}
			providers = append(providers, map[string]any{kind: map[string]any{"keys": keys}})
		}
	}
	key("secretbox", "key2", cluster.SecretboxEncryptionSecret())
	key("aescbc", "key1", cluster.AESCBCEncryptionSecret())
	providers = append(providers, map[string]any{"identity": map[string]any{}})
	return document(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
		"resources": []any{map[string]any{"resources": []any{"secrets"}, "providers": providers}},
	})
}
