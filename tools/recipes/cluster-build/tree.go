package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// The user's tree is read where it lies. What a build needs besides, it sees through these two layers, so nothing is copied
// and nothing is ever written.

const exampleSuffix = ".example"

// exampleTree shows X.sops.yaml.example under the name X.sops.yaml where that file is not there.
type exampleTree struct{ filesys.FileSystem }

// exampleOf gives the file that stands for path, or "".
func (tree exampleTree) exampleOf(path string) string {
	if !strings.HasSuffix(path, ".sops.yaml") || tree.FileSystem.Exists(path) {
		return ""
	}
	if example := path + exampleSuffix; tree.FileSystem.Exists(example) {
		return example
	}
	return ""
}

func (tree exampleTree) Exists(path string) bool {
	return tree.FileSystem.Exists(path) || tree.exampleOf(path) != ""
}

func (tree exampleTree) ReadFile(path string) ([]byte, error) {
	if example := tree.exampleOf(path); example != "" {
		return tree.FileSystem.ReadFile(example)
	}
	return tree.FileSystem.ReadFile(path)
}

// missingIn lists the files below folder that examples stand for, as Flux would add them to a kustomization.yaml of its
// own making: not below a folder that has one.
func (tree exampleTree) missingIn(folder string) ([]string, error) {
	var found []string
	err := tree.FileSystem.Walk(folder, func(path string, info fs.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.IsDir() && path != folder && kustomizationFile(tree.FileSystem, path) != "" {
			return filepath.SkipDir
		}
		if name, isExample := strings.CutSuffix(path, exampleSuffix); isExample && tree.exampleOf(name) != "" {
			found = append(found, name)
		}
		return nil
	})
	return found, err
}

// withFile shows one more file, in place of the one that may be there.
type withFile struct {
	filesys.FileSystem
	path string
	data []byte
}

func (tree withFile) Exists(path string) bool {
	return path == tree.path || tree.FileSystem.Exists(path)
}

func (tree withFile) IsDir(path string) bool {
	return path != tree.path && tree.FileSystem.IsDir(path)
}

func (tree withFile) ReadFile(path string) ([]byte, error) {
	if path == tree.path {
		return tree.data, nil
	}
	return tree.FileSystem.ReadFile(path)
}

// relative makes a path of the tree readable: without the root.
func relative(root, path string) string {
	if short, err := filepath.Rel(root, path); err == nil {
		return short
	}
	return path
}

// withoutRoot takes the root's path out of a message.
func withoutRoot(message, root string) string {
	return strings.ReplaceAll(strings.ReplaceAll(message, root+string(os.PathSeparator), ""), root, ".")
}
