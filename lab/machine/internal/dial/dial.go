// Package dial lends the network of the namespace that it runs in to the lab's operator: an HTTP CONNECT proxy on a socket.
package dial

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const (
	headTimeout = 10 * time.Second
	dialTimeout = 20 * time.Second
)

// Serve dials for whoever connects to the socket, until it is told to end.
func Serve(socket string) error {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-end
		listener.Close()
	}()
	for {
		caller, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go serve(caller)
	}
}

func serve(caller net.Conn) {
	defer caller.Close()
	_ = caller.SetReadDeadline(time.Now().Add(headTimeout))
	reader := bufio.NewReader(caller)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	_ = caller.SetReadDeadline(time.Time{})
	if request.Method != http.MethodConnect {
		answer(caller, http.StatusMethodNotAllowed, "only CONNECT is served")
		return
	}
	target, err := net.DialTimeout("tcp", request.Host, dialTimeout)
	if err != nil {
		answer(caller, http.StatusBadGateway, err.Error())
		return
	}
	defer target.Close()
	if _, err := io.WriteString(caller, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { pass(target, reader) })
	both.Go(func() { pass(caller, target) })
	both.Wait()
}

// pass copies one way and then tells the other side that nothing more comes.
func pass(to net.Conn, from io.Reader) {
	_, err := io.Copy(to, from)
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok {
		to.Close()
		return
	}
	_ = half.CloseWrite()
}

func answer(caller net.Conn, code int, why string) {
	fmt.Fprintf(caller, "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		code, http.StatusText(code), len(why), why)
}
