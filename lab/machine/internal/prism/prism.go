// Package prism is KubePrism: the address on every machine behind which all control planes' API servers are.
package prism

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	refreshEvery  = 2 * time.Second
	checkEvery    = 5 * time.Second
	checkTimeout  = 3 * time.Second
	dialTimeout   = 5 * time.Second
	patience      = 300 * time.Millisecond
	keepAlive     = 30 * time.Second
	userTimeoutMs = 30_000
)

// Run balances connections to the port on loopback over what upstreams gives, until ctx ends. Of those that answered when they were last looked
// at, each gets its turn; where none did, all are tried.
func Run(ctx context.Context, port int, upstreams func(context.Context) []string, log io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("failed to start KubePrism: %w", err)
	}
	b := &balancer{log: log, healthy: map[string]bool{}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-ctx.Done()
		listener.Close()
	}()
	go b.watch(ctx, upstreams)
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		client, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		connections.Go(func() { b.serve(ctx, client) })
	}
}

type balancer struct {
	log io.Writer

	mu        sync.Mutex
	upstreams []string
	healthy   map[string]bool
	turn      int
}

// watch keeps the list of upstreams and which of them answer.
func (b *balancer) watch(ctx context.Context, upstreams func(context.Context) []string) {
	var checked time.Time
	for {
		list := upstreams(ctx)
		b.mu.Lock()
		changed := !slices.Equal(list, b.upstreams)
		b.upstreams = list
		b.mu.Unlock()
		if changed {
			fmt.Fprintf(b.log, "upstreams: %v\n", list)
		}
		if changed || time.Since(checked) > checkEvery {
			checked = time.Now()
			for _, upstream := range list {
				go b.check(ctx, upstream)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(refreshEvery):
		}
	}
}

func (b *balancer) check(ctx context.Context, upstream string) {
	connection, err := dial(ctx, upstream, checkTimeout)
	if err == nil {
		connection.Close()
	}
	if ctx.Err() == nil {
		b.mark(upstream, err)
	}
}

func (b *balancer) mark(upstream string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, known := b.healthy[upstream]
	b.healthy[upstream] = err == nil
	if !known || before != (err == nil) {
		fmt.Fprintf(b.log, "%s: healthy %t %s\n", upstream, err == nil, reason(err))
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return "(" + err.Error() + ")"
}

// order gives the upstreams as they are to be tried: healthy ones first, beginning with the one whose turn it is.
func (b *balancer) order() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.upstreams) == 0 {
		return nil
	}
	b.turn++
	first := b.turn % len(b.upstreams)
	rotated := slices.Concat(b.upstreams[first:], b.upstreams[:first])
	slices.SortStableFunc(rotated, func(x, y string) int {
		switch {
		case b.healthy[x] == b.healthy[y]:
			return 0
		case b.healthy[x]:
			return -1
		default:
			return 1
		}
	})
	return rotated
}

func (b *balancer) serve(ctx context.Context, client net.Conn) {
	defer client.Close()
	if server := b.connect(ctx); server != nil {
		join(ctx, client, server)
	}
}

// connect tries the upstreams one after another, without waiting long for any: the first that answers is taken.
func (b *balancer) connect(ctx context.Context) net.Conn {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	upstreams := b.order()
	answers := make(chan net.Conn, len(upstreams))
	next, trying := 0, 0
	for {
		var later <-chan time.Time
		if next < len(upstreams) {
			upstream := upstreams[next]
			next, trying = next+1, trying+1
			go func() { answers <- b.try(ctx, upstream) }()
			later = time.After(patience)
		}
		select {
		case server := <-answers:
			trying--
			if server != nil {
				go closeRest(answers, trying)
				return server
			}
			if trying == 0 && next == len(upstreams) {
				return nil
			}
		case <-later:
		case <-ctx.Done():
			go closeRest(answers, trying)
			return nil
		}
	}
}

// try is nil where the upstream cannot be reached.
func (b *balancer) try(ctx context.Context, upstream string) net.Conn {
	server, err := dial(ctx, upstream, dialTimeout)
	if ctx.Err() == nil {
		b.mark(upstream, err)
	}
	if err != nil {
		return nil
	}
	return server
}

func closeRest(answers <-chan net.Conn, count int) {
	for range count {
		if server := <-answers; server != nil {
			server.Close()
		}
	}
}

// join copies both ways until either side ends.
func join(ctx context.Context, client, server net.Conn) {
	stop := context.AfterFunc(ctx, func() {
		client.Close()
		server.Close()
	})
	defer stop()
	defer server.Close()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{server, client}, {client, server}} {
		both.Go(func() {
			_, err := io.Copy(way[0], way[1])
			if half, ok := way[0].(*net.TCPConn); ok && err == nil {
				half.CloseWrite()
				return
			}
			client.Close()
			server.Close()
		})
	}
	both.Wait()
}
