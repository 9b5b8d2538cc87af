//go:build tools

// Package tools keeps the requirements of the binaries that are built from this module in go.mod.
package tools

import (
	_ "github.com/juanfont/headscale/cmd/headscale"
	_ "tailscale.com/cmd/tailscale"
	_ "tailscale.com/cmd/tailscaled"
)
