package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configdiff"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/container"

	"talos-cloud-edge/lab/machine/internal/platform"
)

// again is how long the machine waits before it looks at a refused config again.
const again = 5 * time.Second

// Acquire finds the machine's config in Talos' order: STATE, then the platform's user data. It is false where there is none: then somebody
// must bring one, in maintenance mode. A config that is refused is a problem until it is a better one.
func (m *Machine) Acquire(ctx context.Context) (bool, error) {
	for {
		found, err := m.acquire()
		if err == nil {
			m.SetProblem("")
			return found, nil
		}
		m.SetProblem("error loading and validating the machine config: %s", oneLine(err))
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(again):
		}
	}
}

func (m *Machine) acquire() (bool, error) {
	c, err := load(filepath.Join(platform.StateDir, "config.yaml"))
	if err != nil {
		return false, err
	}
	if c != nil {
		// What STATE has was validated when it was written, for the Talos version of that time.
		return true, m.setConfig(c)
	}
	if c, err = load(platform.UserData); err != nil || c == nil {
		return false, err
	}
	if _, err := c.Validate(m.Platform.Mode()); err != nil {
		return false, err
	}
	if !c.CompleteForBoot() {
		return false, nil
	}
	if err := m.persist(c); err != nil {
		return false, err
	}
	return true, m.setConfig(c)
}

// load is nil where there is no file, or nothing in it.
func load(path string) (config.Provider, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(strings.TrimSpace(string(content))) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return configloader.NewFromBytes(content)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Apply makes c the config now and for the boots to come.
func (m *Machine) Apply(c config.Provider) error {
	if err := m.Stage(c); err != nil {
		return err
	}
	return m.setConfig(c)
}

// Stage makes c the config of the next boot.
func (m *Machine) Stage(c config.Provider) error {
	m.cancelRollback()
	return m.persist(c)
}

// Try makes c the config until the time is over; any other apply before that ends the trial.
func (m *Machine) Try(c config.Provider, timeout time.Duration) error {
	m.cancelRollback()
	before := m.Config()
	m.mu.Lock()
	m.rollback = time.AfterFunc(timeout, func() {
		m.Log.Printf("rolling back the configuration")
		if err := m.setConfig(before); err != nil {
			m.Log.Printf("rollback: %v", err)
		}
	})
	m.mu.Unlock()
	return m.setConfig(c)
}

func (m *Machine) cancelRollback() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rollback != nil {
		m.rollback.Stop()
		m.rollback = nil
	}
}

// CanApplyImmediate says what of a new config needs a reboot, as an error; nil where nothing does.
func (m *Machine) CanApplyImmediate(c config.Provider) error {
	current, next := m.Config().RawV1Alpha1(), c.RawV1Alpha1()
	if current == nil || next == nil {
		return errors.New("current config is not v1alpha1")
	}
	next = next.DeepCopy()
	next.ConfigDebug = current.ConfigDebug
	next.ClusterConfig = current.ClusterConfig
	if next.MachineConfig != nil && current.MachineConfig != nil {
		take(next.MachineConfig, current.MachineConfig, immediate)
		if next.MachineConfig.MachineFeatures != nil && current.MachineConfig.MachineFeatures != nil {
			take(next.MachineConfig.MachineFeatures, current.MachineConfig.MachineFeatures, immediateFeatures)
		}
	}
	if reflect.DeepEqual(current, next) {
		return nil
	}
	diff, err := configdiff.DiffToString(container.NewV1Alpha1(current), container.NewV1Alpha1(next))
	if err != nil {
		return fmt.Errorf("error calculating diff: %w", err)
	}
	return fmt.Errorf("this config change can't be applied in immediate mode\ndiff:\n%s", diff)
}

// immediate are the fields of the machine section that Talos changes without a reboot.
var immediate = []string{
	"MachineCA", "MachineAcceptedCAs", "MachineTime", "MachineCertSANs", "MachineInstall", "MachineNetwork", "MachineSysfs", "MachineSysctls",
	"MachineLogging", "MachineControlPlane", "MachineKubelet", "MachineKernel", "MachineRegistries", "MachinePods", "MachineSeccompProfiles",
	"MachineNodeAnnotations", "MachineNodeLabels", "MachineNodeTaints",
}

// immediateFeatures are those of machine.features.
var immediateFeatures = []string{
	"KubernetesTalosAPIAccessConfig", "KubePrismSupport", "HostDNSSupport", "ImageCacheSupport", "FeatureNodeAddressSortAlgorithm",
}

// take copies fields, by name, between two structures of one type.
func take[T any](to, from *T, fields []string) {
	for _, field := range fields {
		reflect.ValueOf(to).Elem().FieldByName(field).Set(reflect.ValueOf(from).Elem().FieldByName(field))
	}
}
