//go:build tools

// Package tools keeps the requirements of the binary that is built from this module in go.mod.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
