package kubeapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const requestTimeout = 15 * time.Second

// Client makes requests to one API server.
type Client struct {
	server string
	http   *http.Client
}

// Open makes a client of a kubeconfig file that has a certificate.
func Open(kubeconfig string) (*Client, error) {
	a, err := read(kubeconfig)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(a.certificate, a.key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kubeconfig, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.ca) {
		return nil, fmt.Errorf("%s: no CA in it", kubeconfig)
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
		IdleConnTimeout:   requestTimeout,
	}
	return &Client{a.server, &http.Client{Transport: transport, Timeout: requestTimeout}}, nil
}

// Close ends the client's connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// StatusError is an answer of the API server that is no success.
type StatusError struct {
	Code    int
	Message string
}

func (e *StatusError) Error() string { return e.Message }

// Do sends a request and decodes the answer into out, where that is not nil.
func (c *Client) Do(ctx context.Context, method, path, contentType string, body []byte, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return &StatusError{response.StatusCode, message(response.Status, content)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(content, out)
}

// Get reads one object.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.Do(ctx, http.MethodGet, path, "", nil, out)
}

// Ready asks whether the API server serves.
func (c *Client) Ready(ctx context.Context) error {
	return c.Do(ctx, http.MethodGet, "/readyz", "", nil, nil)
}

func message(status string, content []byte) string {
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(content, &answer) == nil && answer.Message != "" {
		return answer.Message
	}
	return status
}

// Resolve gives the IPv4 addresses of a host; an address stands for itself.
func Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	for i := range addresses {
		addresses[i] = addresses[i].Unmap()
	}
	return addresses, err
}
