package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"

	generator "github.com/fluxcd/pkg/kustomize"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/resource"
)

// variablesOf are the variables that substituteFrom finds; nil where there is no postBuild. The ones of postBuild.substitute
// are added by the controller's package itself.
func (builder *builder) variablesOf(kustomization unstructured.Unstructured) (map[string]string, error) {
	if _, is, _ := unstructured.NestedMap(kustomization.Object, "spec", "postBuild"); !is {
		return nil, nil
	}
	return generator.LoadVariables(context.Background(), given{variables: builder.request.Variables}, kustomization)
}

// unset is how the package names an undefined variable.
var unset = regexp.MustCompile(`variable not set \(strict mode\): "([^"]*)"`)

// substitute puts the variables in. An undefined one is a problem, and gets a placeholder, so that all are named at once and
// what remains can be validated.
func (builder *builder) substitute(
	kustomization unstructured.Unstructured, res *resource.Resource, variables map[string]string,
) (problems []string) {
	if variables == nil {
		return nil
	}
	substituted := kustomization.DeepCopy()
	all := map[string]any{}
	for name, value := range variables {
		all[name] = value
	}
	inline, _, _ := unstructured.NestedMap(kustomization.Object, "spec", "postBuild", "substitute")
	maps.Copy(all, inline)
	strategy, _, _ := unstructured.NestedString(kustomization.Object, "spec", "postBuild", "substituteStrategy")
	for {
		_ = unstructured.SetNestedMap(substituted.Object, all, "spec", "postBuild", "substitute")
		_, err := generator.SubstituteVariables(context.Background(), nil, *substituted, res,
			generator.SubstituteWithDryRun(true),
			generator.SubstituteWithStrict(builder.request.Strict),
			generator.SubstituteWithAlways(strategy == "Always"))
		if err == nil {
			return problems
		}
		missing := unset.FindStringSubmatch(err.Error())
		if missing == nil {
			return append(problems, oneLine(err.Error()))
		}
		problems = append(problems, fmt.Sprintf("the variable ${%s} is not defined", missing[1]))
		all[missing[1]] = placeholderOf(missing[1])
	}
}

// placeholderOf stands for a value that is not known, in the same form as in the request's variables.
func placeholderOf(name string) string { return ".." + name + ".." }

var placeholder = regexp.MustCompile(`\.\.[A-Za-z_][A-Za-z0-9_]*\.\.`)

// given is the cluster as substituteFrom sees it: exactly the variables of the request.
type given struct {
	client.Client
	variables map[string]map[string]string
}

func (cluster given) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	kind, resource := "ConfigMap", "configmaps"
	if _, is := into.(*corev1.Secret); is {
		kind, resource = "Secret", "secrets"
	}
	values, is := cluster.variables[kind+"/"+key.Namespace+"/"+key.Name]
	if !is {
		return errors.NewNotFound(schema.GroupResource{Resource: resource}, key.Name)
	}
	switch object := into.(type) {
	case *corev1.ConfigMap:
		object.Data = values
	case *corev1.Secret:
		object.Data = map[string][]byte{}
		for name, value := range values {
			object.Data[name] = []byte(value)
		}
	}
	return nil
}
