package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	securejoin "github.com/cyphar/filepath-securejoin"
	generator "github.com/fluxcd/pkg/kustomize"
	securefs "github.com/fluxcd/pkg/kustomize/filesys"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resource"
	kustomize "sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// builder builds Flux Kustomizations out of one tree.
type builder struct {
	root    string
	request Request
	disk    filesys.FileSystem
}

func newBuilder(root string, request Request) (*builder, error) {
	disk, err := securefs.MakeFsOnDiskSecureBuild(root)
	if err != nil {
		return nil, fmt.Errorf("root: %w", err)
	}
	return &builder{root: root, request: request, disk: disk}, nil
}

// build does with one Kustomization what kustomize-controller does before it applies anything. Where the controller stops at
// the first error, this goes on as far as that makes sense.
func (builder *builder) build(each found) *Built {
	path, _, _ := unstructured.NestedString(each.object.Object, "spec", "path")
	built := &Built{
		Namespace: each.object.GetNamespace(),
		Name:      each.object.GetName(),
		Path:      filepath.Clean(filepath.Join(".", path)),
		Parent:    each.parent,
		Object:    each.object.Object,
		Objects:   []Object{},
		Problems:  []Problem{},
	}
	if reason := builder.skipReason(each); reason != "" {
		built.Skipped = &reason
		return built
	}
	folder, err := builder.folderOf(path)
	if err != nil {
		built.fail(each.problem("build", "spec.path", err))
		return built
	}
	built.Path = relative(builder.root, folder)
	resources, keepOrigins, err := builder.kustomize(each.object, folder)
	if err != nil {
		built.fail(builder.buildProblem(folder, err))
		return built
	}
	variables, err := builder.variablesOf(each.object)
	if err != nil {
		built.fail(each.problem("substitution", "spec.postBuild.substituteFrom", err))
	}
	for _, res := range resources {
		builder.finish(built, each.object, res, finishing{folder, keepOrigins, variables})
	}
	return built
}

// problem is one of the Flux Kustomization itself.
func (each found) problem(rule, field string, err error) Problem {
	return Problem{Rule: rule, File: each.file, Field: &field, Message: oneLine(err.Error())}
}

func (built *Built) fail(problem Problem) { built.Problems = append(built.Problems, problem) }

// folderOf is the folder that spec.path means, links resolved, never outside the root.
func (builder *builder) folderOf(path string) (string, error) {
	folder, err := securejoin.SecureJoin(builder.root, path)
	if err != nil {
		return "", fmt.Errorf("found %q: %w", path, err)
	}
	info, err := os.Stat(folder)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("found %q, but there is no such folder", path)
	} else if err != nil {
		return "", fmt.Errorf("found %q: %w", path, err)
	} else if !info.IsDir() {
		return "", fmt.Errorf("found %q, which is a file, expected a folder", path)
	}
	return folder, nil
}

// kustomize gives the resources, each with its origin as an annotation, and whether the tree itself asks for these.
func (builder *builder) kustomize(object unstructured.Unstructured, folder string) (
	resources []*resource.Resource, keepOrigins bool, err error,
) {
	manifest, file, action, err := generator.NewGenerator(builder.root, object).GenerateManifest(folder)
	if err != nil {
		return nil, false, err
	}
	config := kustomize.Kustomization{}
	if err := yaml.Unmarshal(manifest, &config); err != nil {
		return nil, false, err
	}
	tree := builder.disk
	if builder.request.Examples {
		examples := exampleTree{builder.disk}
		tree = examples
		if action == generator.CreatedAction {
			if err := addExamples(&config, examples, folder); err != nil {
				return nil, false, err
			}
		}
	}
	if keepOrigins = slices.Contains(config.BuildMetadata, kustomize.OriginAnnotations); !keepOrigins {
		config.BuildMetadata = append(config.BuildMetadata, kustomize.OriginAnnotations)
	}
	if manifest, err = yaml.Marshal(config); err != nil {
		return nil, false, err
	}
	built, err := runKustomize(withFile{tree, file, manifest}, folder)
	if err != nil {
		return nil, false, err
	}
	return built.Resources(), keepOrigins, nil
}

func addExamples(config *kustomize.Kustomization, tree exampleTree, folder string) error {
	files, err := tree.missingIn(folder)
	if err != nil {
		return err
	}
	if len(files) > 0 && config.Namespace == "_placeholder" {
		config.Namespace = ""
	}
	for _, file := range files {
		config.Resources = append(config.Resources, relative(folder, file))
	}
	return nil
}

func kustomizationFile(tree filesys.FileSystem, folder string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if path := filepath.Join(folder, name); tree.Exists(path) && !tree.IsDir(path) {
			return path
		}
	}
	return ""
}
