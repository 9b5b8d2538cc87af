package machine

import (
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
)

// eventsKept is how many events a late watcher can still ask for.
const eventsKept = 500

// Event is one thing that happened on the machine, in Talos' terms.
type Event struct {
	ID      string
	ActorID string
	Time    time.Time
	Payload proto.Message
}

// Events keeps the latest events and tells watchers of new ones.
type Events struct {
	mu       sync.Mutex
	kept     []Event
	count    int
	boot     int64
	watchers map[chan Event]bool
}

// NewEvents makes an empty history.
func NewEvents() *Events {
	return &Events{watchers: map[chan Event]bool{}, boot: time.Now().UnixNano()}
}

// Publish adds an event. A watcher that does not keep up loses it.
func (e *Events) Publish(actorID string, payload proto.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count++
	event := Event{ID: fmt.Sprintf("%016x%04x", e.boot, e.count), ActorID: actorID, Time: time.Now(), Payload: payload}
	e.kept = append(e.kept, event)
	if len(e.kept) > eventsKept {
		e.kept = e.kept[1:]
	}
	for watcher := range e.watchers {
		select {
		case watcher <- event:
		default:
		}
	}
}

// Watch returns the kept events, the oldest first, and a channel of those that follow. stop ends it.
func (e *Events) Watch() (past []Event, next <-chan Event, stop func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	watcher := make(chan Event, 100)
	e.watchers[watcher] = true
	return append([]Event(nil), e.kept...), watcher, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.watchers, watcher)
	}
}
