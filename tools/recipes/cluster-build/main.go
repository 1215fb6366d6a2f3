// cluster-build builds a whole Git tree as Flux would, in one process: every Flux Kustomization that the first ones lead to,
// with kustomize-controller's own package, and validates what comes out against the API's schemas. It touches no cluster,
// reads the tree where it lies and writes nothing.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
)

func main() {
	// A short run with much garbage: collecting it would cost a third of the time.
	debug.SetGCPercent(400)
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cluster-build:", err)
		os.Exit(1)
	}
}

func run() error {
	request := Request{}
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return fmt.Errorf("the request on standard input cannot be read: %w", err)
	}
	if !filepath.IsAbs(request.Root) {
		return fmt.Errorf("root: found %q, expected an absolute path", request.Root)
	}
	root, err := filepath.EvalSymlinks(request.Root)
	if err != nil {
		return fmt.Errorf("root: %w", err)
	}
	builder, err := newBuilder(root, request)
	if err != nil {
		return err
	}
	built := builder.discover(request.Start)
	if request.Schemas {
		if err := validateAll(built, request); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(Answer{Kustomizations: built})
}
