package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

const definitionKind = "CustomResourceDefinition"

// customKinds is what custom resource definitions say.
type customKinds struct {
	kinds map[schema.GroupKind]map[string]*customKind
	// completeGroups are those of which every kind is known.
	completeGroups map[string]bool
}

func newCustomKinds() *customKinds {
	return &customKinds{kinds: map[schema.GroupKind]map[string]*customKind{}, completeGroups: map[string]bool{}}
}

// read adds all definitions of a file, which has every kind of the groups that are in it.
func (custom *customKinds) read(file string) error {
	documents, err := readDocuments(file)
	if err != nil {
		return fmt.Errorf("definitions: %w", err)
	}
	for _, document := range documents {
		if !strings.Contains(document, "\nkind: "+definitionKind) {
			continue
		}
		object := map[string]any{}
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return fmt.Errorf("definitions %s: %w", file, err)
		}
		if err := custom.add(object, true); err != nil {
			return fmt.Errorf("definitions %s: %w", file, err)
		}
	}
	return nil
}

// add takes a definition in. One that is known already stays as it was.
func (custom *customKinds) add(object map[string]any, completeGroup bool) error {
	definition := apiextensionsv1.CustomResourceDefinition{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, &definition); err != nil {
		return err
	}
	spec := definition.Spec
	kind := schema.GroupKind{Group: spec.Group, Kind: spec.Names.Kind}
	if completeGroup {
		custom.completeGroups[spec.Group] = true
	}
	if custom.kinds[kind] != nil {
		return nil
	}
	versions := map[string]*customKind{}
	for _, version := range spec.Versions {
		if version.Served {
			versions[version.Name] = &customKind{
				namespaced: spec.Scope == apiextensionsv1.NamespaceScoped,
				schema:     version.Schema,
			}
		}
	}
	custom.kinds[kind] = versions
	return nil
}

func (custom *customKinds) has(kind schema.GroupKind) bool { return custom.kinds[kind] != nil }

// kindOf gives a kind, or says in which versions there is one.
func (custom *customKinds) kindOf(kind schema.GroupVersionKind) (*customKind, string) {
	versions := custom.kinds[kind.GroupKind()]
	if found := versions[kind.Version]; found != nil {
		return found, ""
	}
	var names []string
	for name := range versions {
		names = append(names, name)
	}
	return nil, versionsMessage(kind, names)
}

// customKind validates one version of a kind as the API server does. What it needs is only made when an object asks for it.
type customKind struct {
	namespaced bool
	schema     *apiextensionsv1.CustomResourceValidation
	once       sync.Once
	structural *structural.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
	err        error
}

func (kind *customKind) prepare() {
	if kind.schema == nil || kind.schema.OpenAPIV3Schema == nil {
		kind.err = fmt.Errorf("its definition has no schema")
		return
	}
	internal := apiextensions.JSONSchemaProps{}
	kind.err = apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
		kind.schema.OpenAPIV3Schema, &internal, nil)
	if kind.err != nil {
		return
	}
	if kind.structural, kind.err = structural.NewStructural(&internal); kind.err != nil {
		return
	}
	if kind.validator, _, kind.err = validation.NewSchemaValidator(&internal); kind.err != nil {
		return
	}
	kind.rules = cel.NewValidator(kind.structural, true, celconfig.PerCallLimit)
}

func (kind *customKind) validate(given map[string]any) []finding {
	kind.once.Do(kind.prepare)
	if kind.err != nil {
		return []finding{{message: "it cannot be validated: " + oneLine(kind.err.Error())}}
	}
	object := copyOf(given)
	var findings []finding
	options := structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(object, kind.structural, true, options) {
		findings = append(findings, finding{path, "there is no such field"})
	}
	defaulting.Default(object, kind.structural)
	errors := validation.ValidateCustomResource(nil, object, kind.validator)
	errors = append(errors, listtype.ValidateListSetsAndMaps(nil, kind.structural, object)...)
	// The rules are written for objects of the right form.
	if len(errors) == 0 && kind.rules != nil {
		broken, _ := kind.rules.Validate(
			context.Background(), nil, kind.structural, object, nil, celconfig.RuntimeCELCostBudget)
		errors = append(errors, broken...)
	}
	for _, err := range errors {
		value, is := valueAt(object, err.Field)
		if !is {
			value = err.BadValue
		}
		if !unknowable(value) {
			findings = append(findings, finding{err.Field, messageOf(err, value)})
		}
	}
	return findings
}

// typeExpected is how the API server words a wrong type.
var typeExpected = regexp.MustCompile(`must be of type ([^:]+)`)

// messageOf says in our words what the API server would say in its own.
func messageOf(err *field.Error, value any) string {
	if err.Type == field.ErrorTypeRequired {
		return "it is required, but not there"
	}
	detail := strings.ReplaceAll(err.Detail, err.Field+" in body ", "")
	if match := typeExpected.FindStringSubmatch(detail); match != nil {
		return wrongType(value, match[1])
	}
	switch value.(type) {
	case map[string]any, []any, nil:
		return oneLine(detail)
	}
	return oneLine(fmt.Sprintf("found %#v, %s", value, detail))
}

var pathPart = regexp.MustCompile(`[^.\[\]]+`)

// valueAt follows a path like spec.rules[0].host.
func valueAt(object any, path string) (any, bool) {
	for _, part := range pathPart.FindAllString(path, -1) {
		switch holder := object.(type) {
		case map[string]any:
			value, is := holder[part]
			if !is {
				return nil, false
			}
			object = value
		case []any:
			index, err := strconv.Atoi(part)
			if err != nil || index >= len(holder) {
				return nil, false
			}
			object = holder[index]
		default:
			return nil, false
		}
	}
	return object, true
}
