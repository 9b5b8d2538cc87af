package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	prepareEvery   = time.Second
	healthEvery    = 2 * time.Second
	healthTimeout  = 5 * time.Second
	shortestPause  = time.Second
	longestPause   = 10 * time.Second
	ranLongEnough  = 30 * time.Second
	graceOfStop    = 10 * time.Second
	eventsKept     = 20
	healthyMessage = "Health check successful"
)

// run is one service from its start to its stop, over all restarts of what it runs.
type run struct {
	spec     Spec
	logPath  string
	onChange func()
	cancel   context.CancelFunc
	ctx      context.Context
	done     chan struct{}

	mu     sync.Mutex
	info   Info
	events []Event
}

func newRun(spec Spec, logPath string, onChange func()) *run {
	ctx, cancel := context.WithCancel(context.Background())
	return &run{
		spec: spec, logPath: logPath, onChange: onChange, ctx: ctx, cancel: cancel, done: make(chan struct{}),
		info: Info{ID: spec.ID, HealthUnknown: true, Since: time.Now()},
	}
}

func (r *run) stop() {
	r.cancel()
	<-r.done
}

func (r *run) snapshot() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	info := r.info
	info.Events = slices.Clone(r.events)
	return info
}

// set enters a state. The same state with the same message is no event.
func (r *run) set(state State, message string) {
	r.mu.Lock()
	if r.info.State == state && r.info.Message == message {
		r.mu.Unlock()
		return
	}
	now := time.Now()
	if r.info.State != state {
		r.info.Since, r.info.Healthy, r.info.HealthUnknown = now, false, true
	}
	r.info.State, r.info.Message = state, message
	r.events = append(r.events, Event{state, message, now})
	if len(r.events) > eventsKept {
		r.events = r.events[len(r.events)-eventsKept:]
	}
	r.mu.Unlock()
	r.onChange()
}

func (r *run) setHealth(err error) {
	r.mu.Lock()
	message := healthyMessage
	if err != nil {
		message = err.Error()
	}
	changed := r.info.HealthUnknown || r.info.Healthy != (err == nil) || r.info.Message != message
	r.info.Healthy, r.info.HealthUnknown, r.info.Message = err == nil, false, message
	if changed {
		r.events = append(r.events, Event{r.info.State, message, time.Now()})
		if len(r.events) > eventsKept {
			r.events = r.events[len(r.events)-eventsKept:]
		}
	}
	r.mu.Unlock()
	if changed {
		r.onChange()
	}
}

func (r *run) loop() {
	defer close(r.done)
	defer r.set(StateFinished, "Service finished")
	pause := shortestPause
	for r.ctx.Err() == nil {
		if !r.prepare() {
			return
		}
		started := time.Now()
		err := r.once()
		if r.ctx.Err() != nil {
			return
		}
		if time.Since(started) > ranLongEnough {
			pause = shortestPause
		}
		r.set(StateFailed, fmt.Sprintf("%s, restarting in %s", ending(err), pause))
		if !sleep(r.ctx, pause) {
			return
		}
		pause = min(2*pause, longestPause)
	}
}

func ending(err error) string {
	if err == nil {
		return "Service ended"
	}
	return err.Error()
}

// prepare asks the service's Prepare until it is content. False: the service was stopped meanwhile.
func (r *run) prepare() bool {
	if r.spec.Prepare == nil {
		return true
	}
	if r.snapshot().State == "" {
		r.set(StatePreparing, "Preparing")
	}
	for {
		err := r.spec.Prepare(r.ctx)
		if r.ctx.Err() != nil {
			return false
		}
		if err == nil {
			return true
		}
		r.set(StateWaiting, err.Error())
		if !sleep(r.ctx, prepareEvery) {
			return false
		}
	}
}

// once runs the service until it ends or is stopped.
func (r *run) once() error {
	log, err := openLog(r.logPath)
	if err != nil {
		return err
	}
	defer log.Close()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	var watch sync.WaitGroup
	defer watch.Wait()
	defer cancel()
	if r.spec.Run != nil {
		r.set(StateRunning, "Started")
		watch.Go(func() { r.watchHealth(ctx) })
		return r.spec.Run(ctx, log)
	}
	cmd, err := r.spec.Command()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return err
	}
	r.set(StateRunning, fmt.Sprintf("Started task %s (PID %d)", r.spec.ID, cmd.Process.Pid))
	watch.Go(func() { r.watchHealth(ctx) })
	return r.wait(cmd)
}

// wait returns when the command has ended; a stop of the service asks it to end, and then ends its whole process group.
func (r *run) wait(cmd *exec.Cmd) error {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-r.ctx.Done():
	}
	r.set(StateStopping, "Sending SIGTERM")
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		return err
	case <-time.After(graceOfStop):
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		return errors.Join(<-ended, os.ErrDeadlineExceeded)
	}
}

func (r *run) watchHealth(ctx context.Context) {
	if r.spec.Healthy == nil {
		return
	}
	for {
		asked, cancel := context.WithTimeout(ctx, healthTimeout)
		err := r.spec.Healthy(asked)
		cancel()
		if ctx.Err() != nil {
			return
		}
		r.setHealth(err)
		if !sleep(ctx, healthEvery) {
			return
		}
	}
}

// sleep is false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
