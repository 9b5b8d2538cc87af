package etcd

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"

	"talos-cloud-edge/lab/machine/internal/service"
)

// ID is Talos' name of the service.
const ID = "etcd"

// cipherSuites are those that Talos allows.
const cipherSuites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384," +
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"

// Service runs the member.
func (m *Member) Service() service.Spec {
	return service.Spec{ID: ID, Prepare: m.prepare, Command: m.command, Healthy: m.Healthy}
}

func (m *Member) prepare(ctx context.Context) error {
	m.mu.Lock()
	if m.stopPromotion != nil {
		m.stopPromotion()
	}
	ctx, m.wake = context.WithCancel(ctx)
	defer m.wake()
	bootstrap, restarted := m.bootstrap, m.started
	m.mu.Unlock()

	advertised, err := m.advertised()
	if err != nil {
		return err
	}
	if err := m.WritePKI(); err != nil {
		return err
	}
	if err := os.MkdirAll(constants.EtcdDataPath, 0o700); err != nil {
		return err
	}
	args, err := m.commonArgs(advertised)
	if err != nil {
		return err
	}
	switch {
	case hasData():
		if restarted && m.wasRemoved(ctx, advertised) {
			return fmt.Errorf("this member has been permanently removed from the etcd cluster; reset the machine to join it again")
		}
	case bootstrap:
		if err := removeData(); err != nil {
			return err
		}
		if err := m.restoreIfAsked(ctx, advertised); err != nil {
			return err
		}
		if !hasData() {
			args["initial-cluster-state"] = "new"
			args["initial-cluster"] = m.clusterOfOne(advertised)
			args["initial-advertise-peer-urls"] = strings.Join(urls(advertised, constants.EtcdPeerPort), ",")
		}
	default:
		if err := removeData(); err != nil {
			return err
		}
		cluster, err := m.join(ctx, advertised)
		if err != nil {
			return fmt.Errorf("etcd is waiting to join the cluster, if this node is the first node in the cluster, please run `talosctl bootstrap`: %w", err)
		}
		args["initial-cluster-state"] = "existing"
		args["initial-cluster"] = cluster
		args["initial-advertise-peer-urls"] = strings.Join(urls(advertised, constants.EtcdPeerPort), ",")
	}
	for name, value := range m.node.Config().Cluster().Etcd().ExtraArgs() {
		if _, ours := args[name]; ours && !overridable[name] {
			return fmt.Errorf("cluster.etcd.extraArgs: %q can't be overridden", name)
		}
		args[name] = value
	}
	m.mu.Lock()
	m.args = args
	m.mu.Unlock()
	return nil
}

// overridable are the arguments that Talos leaves to the config where it sets them.
var overridable = map[string]bool{
	"initial-cluster-state": true, "initial-cluster": true, "initial-advertise-peer-urls": true, "advertise-client-urls": true,
}

func (m *Member) commonArgs(advertised []netip.Addr) (map[string]string, error) {
	peers, clients, err := m.listening()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"name":                               m.node.Hostname,
		"auto-tls":                           "false",
		"peer-auto-tls":                      "false",
		"data-dir":                           constants.EtcdDataPath,
		"listen-peer-urls":                   strings.Join(urls(peers, constants.EtcdPeerPort), ","),
		"listen-client-urls":                 strings.Join(urls(clients, constants.EtcdClientPort), ","),
		"advertise-client-urls":              strings.Join(urls(advertised, constants.EtcdClientPort), ","),
		"client-cert-auth":                   "true",
		"cert-file":                          constants.EtcdCert,
		"key-file":                           constants.EtcdKey,
		"trusted-ca-file":                    constants.EtcdCACert,
		"peer-client-cert-auth":              "true",
		"peer-cert-file":                     constants.EtcdPeerCert,
		"peer-key-file":                      constants.EtcdPeerKey,
		"peer-trusted-ca-file":               constants.EtcdCACert,
		"experimental-initial-corrupt-check": "true",
		"experimental-watch-progress-notify-interval": "5s",
		"experimental-compact-hash-check-enabled":     "true",
	}, nil
}

func (m *Member) clusterOfOne(advertised []netip.Addr) string {
	var members []string
	for _, url := range urls(advertised, constants.EtcdPeerPort) {
		members = append(members, m.node.Hostname+"="+url)
	}
	return strings.Join(members, ",")
}

func (m *Member) command() (*exec.Cmd, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var args []string
	for _, name := range slices.Sorted(maps.Keys(m.args)) {
		args = append(args, "--"+name+"="+m.args[name])
	}
	m.started = true
	ctx, cancel := context.WithCancel(context.Background())
	m.stopPromotion = cancel
	go m.awaitPromotion(ctx)
	cmd := exec.Command(filepath.Join(m.node.Binaries, "etcd"), args...)
	cmd.Env = append(os.Environ(), "ETCD_CIPHER_SUITES="+cipherSuites)
	return cmd, nil
}

const quorumTimeout = 5 * time.Second

// Healthy reads a key: as long as that works there is quorum.
func (m *Member) Healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, quorumTimeout)
	defer cancel()
	client, err := m.local(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Get(ctx, "health")
	return err
}

// Running is nil once this member is one with a vote and answers.
func (m *Member) Running(ctx context.Context) error {
	connection, err := net.DialTimeout("tcp", net.JoinHostPort("localhost", strconv.Itoa(constants.EtcdClientPort)), askTimeout)
	if err != nil {
		return err
	}
	connection.Close()
	return m.Healthy(ctx)
}
