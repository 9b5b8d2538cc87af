package service

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Supervisor runs services until it is shut down. What ends is started again, with a back-off.
type Supervisor struct {
	logDir   string
	onChange func()

	mu     sync.Mutex
	runs   map[string]*run
	closed bool
}

// New makes a supervisor whose services log below logDir. onChange is called after each change of any service's state; it may be nil.
func New(logDir string, onChange func()) *Supervisor {
	if onChange == nil {
		onChange = func() {}
	}
	return &Supervisor{logDir: logDir, onChange: onChange, runs: map[string]*run{}}
}

// Start runs a service. One of the same id that runs is stopped first.
func (s *Supervisor) Start(spec Spec) {
	s.mu.Lock()
	old := s.runs[spec.ID]
	s.mu.Unlock()
	if old != nil {
		old.stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	r := newRun(spec, s.LogPath(spec.ID), s.onChange)
	if old != nil {
		r.events = old.snapshot().Events
	}
	s.runs[spec.ID] = r
	go r.loop()
}

// Stop ends a service and waits until it is gone. It stays known, so that Restart can start it again.
func (s *Supervisor) Stop(id string) error {
	r, err := s.find(id)
	if err != nil {
		return err
	}
	r.stop()
	return nil
}

// Restart stops a service if it runs, and starts it.
func (s *Supervisor) Restart(id string) error {
	r, err := s.find(id)
	if err != nil {
		return err
	}
	s.Start(r.spec)
	return nil
}

// Remove stops a service and forgets it.
func (s *Supervisor) Remove(id string) {
	if r, err := s.find(id); err == nil {
		r.stop()
		s.mu.Lock()
		delete(s.runs, id)
		s.mu.Unlock()
		s.onChange()
	}
}

// Info says how one service is.
func (s *Supervisor) Info(id string) (Info, bool) {
	r, err := s.find(id)
	if err != nil {
		return Info{}, false
	}
	return r.snapshot(), true
}

// All says how all services are, in the order of their ids.
func (s *Supervisor) All() []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Info, 0, len(s.runs))
	for _, r := range s.runs {
		all = append(all, r.snapshot())
	}
	slices.SortFunc(all, func(a, b Info) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// LogPath is the file that a service logs to.
func (s *Supervisor) LogPath(id string) string { return filepath.Join(s.logDir, id+".log") }

// Shutdown stops all services and starts none any more; those named last are stopped once all others have ended. It gives up when ctx ends.
func (s *Supervisor) Shutdown(ctx context.Context, last ...string) error {
	s.mu.Lock()
	s.closed = true
	var first, rest []*run
	for id, r := range s.runs {
		if slices.Contains(last, id) {
			rest = append(rest, r)
		} else {
			first = append(first, r)
		}
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		stopAll(first)
		stopAll(rest)
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func stopAll(runs []*run) {
	var wait sync.WaitGroup
	for _, r := range runs {
		wait.Go(r.stop)
	}
	wait.Wait()
}

func (s *Supervisor) find(id string) (*run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.runs[id]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("service %q is not registered", id)
}

func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}
