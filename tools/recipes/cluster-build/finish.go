package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/resource"
)

const originAnnotation = "config.kubernetes.io/origin"

// finishing is what all objects of one Kustomization share.
type finishing struct {
	folder      string
	keepOrigins bool
	variables   map[string]string
}

// finish makes of a resource that kustomize built the object that Flux applies.
func (builder *builder) finish(
	built *Built, kustomization unstructured.Unstructured, res *resource.Resource, with finishing,
) {
	if res.GetName() == "" || res.GetKind() == "" || res.GetApiVersion() == "" {
		built.fail(Problem{Rule: "build", Message: fmt.Sprintf(
			"there is something without apiVersion, kind or metadata.name: %s", oneLine(res.String()))})
		return
	}
	file := builder.originOf(res, with.folder)
	if !with.keepOrigins {
		dropAnnotation(res, originAnnotation)
	}
	problem := func(rule, message string) {
		name := objectName(res.GetKind(), res.GetNamespace(), res.GetName())
		built.fail(Problem{Rule: rule, Object: &name, File: file, Message: message})
	}
	for _, message := range builder.substitute(kustomization, res, with.variables) {
		problem("substitution", message)
	}
	data, err := res.MarshalJSON()
	if err != nil {
		problem("build", oneLine(err.Error()))
		return
	}
	object := unstructured.Unstructured{}
	if err := object.UnmarshalJSON(data); err != nil {
		problem("build", oneLine(err.Error()))
		return
	}
	// The controller leaves out what is meant for kustomize.
	if object.GroupVersionKind().Group == "kustomize.config.k8s.io" {
		return
	}
	setCommonMetadata(&object, kustomization)
	built.Objects = append(built.Objects, Object{Object: object.Object, File: file})
}

// originOf is the file that an object comes from: of its own manifest, or of the generator that made it.
func (builder *builder) originOf(res *resource.Resource, folder string) *string {
	origin, err := res.GetOrigin()
	if err != nil || origin == nil || origin.Repo != "" {
		return nil
	}
	path := origin.Path
	if path == "" {
		path = origin.ConfiguredIn
	}
	if path == "" {
		return nil
	}
	file := relative(builder.root, filepath.Join(folder, path))
	return &file
}

func dropAnnotation(res *resource.Resource, name string) {
	annotations := res.GetAnnotations()
	if _, is := annotations[name]; is {
		delete(annotations, name)
		_ = res.SetAnnotations(annotations)
	}
}

func setCommonMetadata(object *unstructured.Unstructured, kustomization unstructured.Unstructured) {
	common := func(field string) map[string]string {
		values, _, _ := unstructured.NestedStringMap(kustomization.Object, "spec", "commonMetadata", field)
		return values
	}
	merged := func(own, common map[string]string) map[string]string {
		all := map[string]string{}
		maps.Copy(all, own)
		maps.Copy(all, common)
		return all
	}
	if labels := common("labels"); len(labels) > 0 {
		object.SetLabels(merged(object.GetLabels(), labels))
	}
	if annotations := common("annotations"); len(annotations) > 0 {
		object.SetAnnotations(merged(object.GetAnnotations(), annotations))
	}
}

func objectName(kind, namespace, name string) string {
	if namespace == "" {
		return kind + " " + name
	}
	return kind + " " + namespace + "/" + name
}

func copyOf(object map[string]any) map[string]any {
	data, _ := json.Marshal(object)
	copied := unstructured.Unstructured{}
	_ = copied.UnmarshalJSON(data)
	return copied.Object
}
