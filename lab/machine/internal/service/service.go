// Package service runs the services of a machine: it starts them, watches them, restarts what ends and says how they are.
package service

import (
	"context"
	"io"
	"os/exec"
	"time"
)

// Spec is one service of the machine, under Talos' name for it.
type Spec struct {
	ID string
	// Prepare waits for and makes what the service needs. An error is shown as what the service waits for; it is called again until nil.
	Prepare func(ctx context.Context) error
	// Command is made anew for every start. Its output goes to logs/<ID>.log. Exactly one of Command and Run is set.
	Command func() (*exec.Cmd, error)
	Run     func(ctx context.Context, log io.Writer) error
	// Healthy is asked every few seconds once it runs; nil error is healthy. May be nil.
	Healthy func(ctx context.Context) error
}

// State of a service, in Talos' words.
type State string

const (
	StateWaiting   State = "Waiting"
	StatePreparing State = "Preparing"
	StateRunning   State = "Running"
	StateStopping  State = "Stopping"
	StateFinished  State = "Finished"
	StateFailed    State = "Failed"
)

// Event is one thing that happened to a service.
type Event struct {
	State   State
	Message string
	Time    time.Time
}

// Info says how a service is.
type Info struct {
	ID      string
	State   State
	Healthy bool
	// HealthUnknown is true until the service's health was asked for the first time, and for services that have no health check.
	HealthUnknown bool
	// Message is what the service waits for, why it failed, or what its health check said.
	Message string
	Since   time.Time
	// Events are the latest ones, oldest first.
	Events []Event
}
