package main

import (
	"fmt"
	"runtime"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	fluxGroup     = "kustomize.toolkit.fluxcd.io"
	reconcileMark = fluxGroup + "/reconcile"
)

// found is a Flux Kustomization that is to be built.
type found struct {
	object unstructured.Unstructured
	// file is where it is written down; nil for a start.
	file   *string
	parent *string
	start  bool
}

// discover builds the start, then what these builds bring, and so on: one level after the other, each in parallel. The
// order of the result is the same every time.
func (builder *builder) discover(start []map[string]any) []*Built {
	level := make([]found, 0, len(start))
	for _, object := range start {
		level = append(level, found{object: unstructured.Unstructured{Object: object}, start: true})
	}
	seen := map[string]bool{}
	var all []*Built
	for len(level) > 0 {
		var fresh []found
		for _, each := range level {
			if key := keyOf(each.object); !seen[key] {
				seen[key] = true
				fresh = append(fresh, each)
			}
		}
		built := make([]*Built, len(fresh))
		inParallel(len(fresh), func(index int) { built[index] = builder.build(fresh[index]) })
		all = append(all, built...)
		level = nil
		for _, each := range built {
			level = append(level, kustomizationsOf(each)...)
		}
	}
	return all
}

func kustomizationsOf(built *Built) []found {
	var children []found
	for _, each := range built.Objects {
		object := unstructured.Unstructured{Object: each.Object}
		kind := object.GroupVersionKind()
		if kind.Group == fluxGroup && kind.Kind == "Kustomization" {
			parent := built.Namespace + "/" + built.Name
			children = append(children, found{object: object, file: each.File, parent: &parent})
		}
	}
	return children
}

func keyOf(object unstructured.Unstructured) string {
	return object.GetNamespace() + "/" + object.GetName()
}

// skipReason says why Flux would not build this one from our tree; "" when it would.
func (builder *builder) skipReason(each found) string {
	if !each.start && each.object.GetAnnotations()[reconcileMark] == "disabled" {
		return fmt.Sprintf("its annotation %s says disabled: whoever applies it, Flux does not", reconcileMark)
	}
	reference := func(field string) string {
		value, _, _ := unstructured.NestedString(each.object.Object, "spec", "sourceRef", field)
		return value
	}
	source := Source{Kind: reference("kind"), Namespace: reference("namespace"), Name: reference("name")}
	if source.Namespace == "" {
		source.Namespace = each.object.GetNamespace()
	}
	if source != builder.request.Source {
		return fmt.Sprintf("its source is another one, %s %s/%s", source.Kind, source.Namespace, source.Name)
	}
	return ""
}

// inParallel calls work(0) … work(count-1) on as many processors as there are.
func inParallel(count int, work func(index int)) {
	var group sync.WaitGroup
	indices := make(chan int)
	for range min(count, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for index := range indices {
				work(index)
			}
		})
	}
	for index := range count {
		indices <- index
	}
	close(indices)
	group.Wait()
}
