// Command sdkgen writes the Node.js SDK of a Pulumi package schema.
//
//	sdkgen <schema.json> <output folder>
//
// It is what `pulumi package gen-sdk` does for a schema file, without needing the provider plugin or its registry.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const usage = "usage: sdkgen <schema.json> <output folder>"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sdkgen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New(usage)
	}
	schemaFile, out := args[0], args[1]
	spec, err := readSchema(schemaFile)
	if err != nil {
		return fmt.Errorf("%s: %w", schemaFile, err)
	}
	files, err := generate(spec)
	if err != nil {
		return fmt.Errorf("%s: %w", schemaFile, err)
	}
	return write(out, files)
}

func readSchema(path string) (schema.PackageSpec, error) {
	var spec schema.PackageSpec
	content, err := os.ReadFile(path)
	if err != nil {
		return spec, err
	}
	if err := json.Unmarshal(content, &spec); err != nil {
		return spec, fmt.Errorf("not a package schema: %w", err)
	}
	if spec.Name == "" || spec.Version == "" {
		return spec, errors.New("not a package schema: name or version is missing")
	}
	return spec, nil
}

func generate(spec schema.PackageSpec) (map[string][]byte, error) {
	// A bridged Terraform provider may refer to types of its own that it does not define; Pulumi's own generation allows it too.
	options := schema.ValidationOptions{AllowDanglingReferences: true}
	pkg, err := schema.ImportSpec(spec, nil, schema.NewPluginLoader(nil), options)
	if err != nil {
		return nil, fmt.Errorf("importing the schema: %w", err)
	}
	// `true`: a local package, which a project takes in as sources by a `file:` dependency.
	files, err := nodejs.GeneratePackage("sdkgen", pkg, nil, nil, true, nil)
	if err != nil {
		return nil, fmt.Errorf("generating the SDK: %w", err)
	}
	return files, nil
}

func write(folder string, files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
