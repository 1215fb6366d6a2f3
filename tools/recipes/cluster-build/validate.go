package main

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// finding is something wrong inside one object.
type finding struct {
	field   string
	message string
}

// schemas is everything that is known about kinds.
type schemas struct {
	kubernetes *kubernetes
	custom     *customKinds
}

// validateAll adds what is wrong with the objects to what is known about them. Kinds of which nothing is known are passed
// over.
func validateAll(built []*Built, request Request) error {
	known := schemas{custom: newCustomKinds()}
	var err error
	if request.Kubernetes != "" {
		if known.kubernetes, err = readKubernetes(request.Kubernetes); err != nil {
			return err
		}
	}
	for _, file := range request.Definitions {
		if err := known.custom.read(file); err != nil {
			return err
		}
	}
	for _, each := range built {
		for _, object := range each.Objects {
			if object.Object["kind"] != definitionKind {
				continue
			}
			if err := known.custom.add(object.Object, false); err != nil {
				each.problemOf(object, finding{message: oneLine(err.Error())})
			}
		}
	}
	inParallel(len(built), func(index int) {
		for _, object := range built[index].Objects {
			for _, each := range known.validate(object.Object) {
				built[index].problemOf(object, each)
			}
		}
	})
	return nil
}

func (built *Built) problemOf(object Object, found finding) {
	metadata := unstructured.Unstructured{Object: object.Object}
	name := objectName(metadata.GetKind(), metadata.GetNamespace(), metadata.GetName())
	problem := Problem{Rule: "schema", Object: &name, File: object.File, Message: found.message}
	if found.field != "" {
		problem.Field = &found.field
	}
	built.fail(problem)
}

// validate gives all findings of one object, sorted by field.
func (known schemas) validate(given map[string]any) []finding {
	// What sops adds is gone when Flux applies the object, and what it encrypted cannot be judged.
	object := make(map[string]any, len(given))
	for name, value := range given {
		if name != "sops" {
			object[name] = value
		}
	}
	metadata := unstructured.Unstructured{Object: object}
	kind := metadata.GroupVersionKind()
	var findings []finding
	if known.kubernetes != nil {
		findings = known.kubernetes.metadata(object["metadata"])
	}
	namespaced, scopeKnown := openapi.IsNamespaceScoped(yaml.TypeMeta{APIVersion: metadata.GetAPIVersion(), Kind: kind.Kind})
	switch {
	case known.custom.has(kind.GroupKind()):
		custom, message := known.custom.kindOf(kind)
		if message != "" {
			return append(findings, finding{"apiVersion", message})
		}
		namespaced, scopeKnown = custom.namespaced, true
		findings = append(findings, custom.validate(object)...)
	case known.custom.completeGroups[kind.Group]:
		return append(findings, finding{"kind", "there is no " + kind.Kind + " in " + kind.Group})
	case known.kubernetes != nil && known.kubernetes.groups[kind.Group]:
		findings = append(findings, known.kubernetes.validate(kind, object)...)
	}
	if scopeKnown && namespaced && metadata.GetNamespace() == "" {
		findings = append(findings, finding{"metadata.namespace",
			"it has no namespace, and its Kustomization sets no targetNamespace"})
	}
	if kind.Kind == "Secret" {
		findings = withoutValues(findings)
	}
	return unique(findings)
}

var foundValue = regexp.MustCompile(`^found .*, expected `)

// withoutValues leaves out what was found: nobody reads secrets in messages.
func withoutValues(findings []finding) []finding {
	for index := range findings {
		findings[index].message = foundValue.ReplaceAllString(findings[index].message, "expected ")
	}
	return findings
}

// unique sorts findings and drops what was found twice.
func unique(findings []finding) []finding {
	slices.SortStableFunc(findings, func(one, other finding) int { return strings.Compare(one.field, other.field) })
	return slices.Compact(findings)
}

// unknowable says whether a value is not the one that Flux will see: encrypted, or a placeholder for one that is.
func unknowable(value any) bool {
	text, is := value.(string)
	return is && (strings.HasPrefix(text, "ENC[") || placeholder.MatchString(text))
}

// versionsMessage says that a kind is not served in a version.
func versionsMessage(kind schema.GroupVersionKind, versions []string) string {
	slices.Sort(versions)
	prefix := ""
	if kind.Group != "" {
		prefix = kind.Group + "/"
	}
	for index, version := range versions {
		versions[index] = prefix + version
	}
	return "there is no " + kind.Kind + " in " + prefix + kind.Version + "; there is one in " + strings.Join(versions, ", ")
}

func readDocuments(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return strings.Split("\n"+string(data), "\n---"), nil
}
