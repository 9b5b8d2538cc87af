package kube

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"talos-cloud-edge/lab/machine/internal/kubeapi"
)

// readyKept is how long what was read last holds while the API does not answer; the request that fails adds its own time.
const readyKept = 10 * time.Second

// condition is one of a Node's.
type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

// readiness passes on whether the Node is Ready, each time that changes.
type readiness struct {
	tell func(ready bool)

	ready bool
	seen  time.Time
}

// read takes an answer of the API, or that there was none. A Node that does not exist is not Ready.
func (r *readiness) read(conditions []condition, err error) {
	var refused *kubeapi.StatusError
	if err != nil && !(errors.As(err, &refused) && refused.Code == http.StatusNotFound) {
		r.unknown()
		return
	}
	r.seen = time.Now()
	r.set(slices.Contains(conditions, condition{"Ready", "True"}))
}

// unknown gives up what was read last once that is too long ago.
func (r *readiness) unknown() {
	if time.Since(r.seen) > readyKept {
		r.set(false)
	}
}

func (r *readiness) set(ready bool) {
	if ready != r.ready {
		r.ready = ready
		r.tell(ready)
	}
}
