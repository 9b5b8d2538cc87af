package extension

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"talos-cloud-edge/lab/machine/internal/platform"
)

// settings are what the extension's environment says.
type settings struct {
	authKey, hostname, extraArgs, daemonExtraArgs, stateDir string
	// routes is nil where the environment says nothing of them.
	routes              *string
	authOnce, acceptDNS bool
	environ             []string
}

func parse(env []string) (*settings, error) {
	s := &settings{stateDir: "/var/lib/tailscale"}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		var err error
		switch name {
		case "TS_AUTHKEY", "TS_AUTH_KEY":
			s.authKey = value
		case "TS_HOSTNAME":
			s.hostname = value
		case "TS_EXTRA_ARGS":
			s.extraArgs = value
		case "TS_TAILSCALED_EXTRA_ARGS":
			s.daemonExtraArgs = value
		case "TS_STATE_DIR":
			s.stateDir = value
		case "TS_ROUTES":
			s.routes = &value
		case "TS_AUTH_ONCE":
			s.authOnce, err = strconv.ParseBool(value)
		case "TS_ACCEPT_DNS":
			s.acceptDNS, err = strconv.ParseBool(value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry, err)
		}
	}
	s.environ = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=/root", "SSL_CERT_FILE=" + platform.CAFile, "TS_NO_LOGS_NO_SUPPORT=true",
	}, env...)
	return s, nil
}

func (s *settings) daemonArgs() []string {
	return append([]string{"--socket=" + socket, "--statedir=" + s.stateDir, "--no-logs-no-support"}, strings.Fields(s.daemonExtraArgs)...)
}

func (s *settings) upArgs() []string {
	args := append([]string{"up"}, s.common()...)
	if s.authKey != "" {
		args = append(args, "--authkey="+s.authKey)
	}
	return append(args, strings.Fields(s.extraArgs)...)
}

func (s *settings) setArgs() []string { return append([]string{"set"}, s.common()...) }

func (s *settings) common() []string {
	args := []string{"--accept-dns=" + strconv.FormatBool(s.acceptDNS)}
	if s.routes != nil {
		args = append(args, "--advertise-routes="+*s.routes)
	}
	if s.hostname != "" {
		args = append(args, "--hostname="+s.hostname)
	}
	return args
}
