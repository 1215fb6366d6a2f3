package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// missingFile is how kustomize's errors name a file that is not there.
var missingFile = regexp.MustCompile(`(?:evalsymlink failure on '|(?:open|read|lstat|stat) )(/[^':]+)'? ?:.*no such file or directory`)

var (
	malformed = regexp.MustCompile(`MalformedYAMLError: (.*?)(?: in File: (\S+))?$`)
	decoding  = regexp.MustCompile(`failed to decode Kubernetes YAML from (/\S+): `)
	recursion = regexp.MustCompile(`recursed accumulation of path '([^']+)'`)
)

// buildProblem makes one clear line of an error of kustomize in a folder.
func (builder *builder) buildProblem(folder string, err error) Problem {
	text := oneLine(err.Error())
	problem := Problem{Rule: "build", Message: withoutRoot(text, builder.root)}
	if match := malformed.FindStringSubmatch(text); match != nil {
		file := filepath.Join(folder, match[2])
		if inside := recursion.FindAllStringSubmatch(text, -1); len(inside) > 0 {
			file = filepath.Join(inside[len(inside)-1][1], match[2])
		}
		if from := decoding.FindStringSubmatch(text); from != nil {
			file = from[1]
		}
		return builder.about(file, Problem{Rule: "build", Message: "it cannot be read: " + match[1]})
	}
	match := missingFile.FindStringSubmatch(text)
	if match == nil || !strings.HasPrefix(match[1], builder.root+string(os.PathSeparator)) {
		return problem
	}
	missing := relative(builder.root, match[1])
	problem.Message = fmt.Sprintf("%s is named, but is not there", missing)
	if _, err := os.Stat(match[1] + exampleSuffix); err == nil {
		problem.Message += fmt.Sprintf("; there is %s to make it from", filepath.Base(missing)+exampleSuffix)
	}
	return builder.about(builder.namedIn(match[1]), problem)
}

// about adds a file to a problem, if there is such a file.
func (builder *builder) about(file string, problem Problem) Problem {
	if info, err := os.Stat(file); err == nil && !info.IsDir() {
		file = relative(builder.root, file)
		problem.File = &file
	}
	return problem
}

// namedIn looks for the kustomization.yaml that names a file: beside it, or in a folder above.
func (builder *builder) namedIn(path string) string {
	for folder := filepath.Dir(path); strings.HasPrefix(folder, builder.root); folder = filepath.Dir(folder) {
		file := kustomizationFile(builder.disk, folder)
		if file == "" {
			continue
		}
		if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), relative(folder, path)) {
			return file
		}
	}
	return ""
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
