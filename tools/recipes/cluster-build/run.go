package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	generator "github.com/fluxcd/pkg/kustomize"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	kustomize "sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Kustomize keeps the API description of what it merges in one global variable. The controller's package therefore lets only
// one build run at a time, and parses the description (a fifth of a second) for each. That is only needed for a
// kustomization.yaml that brings a description of its own, in its field openapi; all others share the built-in one, which
// nobody changes, and run side by side.
var descriptionLock sync.RWMutex

func runKustomize(tree filesys.FileSystem, folder string) (resmap.ResMap, error) {
	watch := &openAPIWatch{FileSystem: tree}
	built, err := runShared(watch, folder)
	if !watch.seen {
		return built, err
	}
	descriptionLock.Lock()
	defer descriptionLock.Unlock()
	return generator.Build(tree, folder)
}

// runShared is generator.Build with its options, without the reset.
func runShared(tree filesys.FileSystem, folder string) (built resmap.ResMap, err error) {
	descriptionLock.RLock()
	defer descriptionLock.RUnlock()
	// As the controller does: kustomize panics on some invalid objects.
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("kustomize panicked: %v", reason)
		}
	}()
	return krusty.MakeKustomizer(&krusty.Options{
		LoadRestrictions: kustomize.LoadRestrictionsNone,
		PluginConfig:     kustomize.DisabledPluginConfig(),
	}).Run(tree, folder)
}

// openAPIWatch refuses to read a kustomization.yaml with a description of its own, before kustomize can act upon it.
type openAPIWatch struct {
	filesys.FileSystem
	seen bool
}

func (watch *openAPIWatch) ReadFile(path string) ([]byte, error) {
	data, err := watch.FileSystem.ReadFile(path)
	if err != nil || !slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(path)) {
		return data, err
	}
	config := struct {
		OpenAPI map[string]string `json:"openapi"`
	}{}
	if yaml.Unmarshal(data, &config) == nil && len(config.OpenAPI) > 0 {
		watch.seen = true
		return nil, fmt.Errorf("%s has a field openapi", path)
	}
	return data, nil
}
