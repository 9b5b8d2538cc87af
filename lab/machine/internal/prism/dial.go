package prism

import (
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dial connects, and has the connection end once the other side acknowledged nothing for userTimeoutMs: a lost control plane is noticed.
func dial(ctx context.Context, address string, timeout time.Duration) (net.Conn, error) {
	dialer := net.Dialer{
		Timeout:   timeout,
		KeepAlive: keepAlive,
		Control: func(_, _ string, connection syscall.RawConn) error {
			var failed error
			err := connection.Control(func(fd uintptr) {
				failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, userTimeoutMs)
			})
			if err != nil {
				return err
			}
			return failed
		},
	}
	return dialer.DialContext(ctx, "tcp", address)
}
