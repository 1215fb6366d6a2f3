package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	definitionPrefix = "#/definitions/"
	metadataName     = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
	quantityName     = "io.k8s.apimachinery.pkg.api.resource.Quantity"
)

// kubernetes is the API description that Kubernetes publishes of its own kinds.
type kubernetes struct {
	definitions map[string]*definition
	kinds       map[schema.GroupVersionKind]string
	groups      map[string]bool
}

// definition is what counts of a schema of that description: it uses no more than this.
type definition struct {
	Reference            string                    `json:"$ref"`
	Type                 string                    `json:"type"`
	Format               string                    `json:"format"`
	Required             []string                  `json:"required"`
	Properties           map[string]*definition    `json:"properties"`
	AdditionalProperties *definition               `json:"additionalProperties"`
	Items                *definition               `json:"items"`
	Kinds                []schema.GroupVersionKind `json:"x-kubernetes-group-version-kind"`
}

func readKubernetes(file string) (*kubernetes, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("kubernetes: %w", err)
	}
	description := struct {
		Definitions map[string]*definition `json:"definitions"`
	}{}
	if err := json.Unmarshal(data, &description); err != nil {
		return nil, fmt.Errorf("kubernetes %s: %w", file, err)
	}
	known := &kubernetes{description.Definitions, map[schema.GroupVersionKind]string{}, map[string]bool{}}
	for name, each := range known.definitions {
		// Several kinds in one: options and events of watches, which nobody applies.
		if len(each.Kinds) == 1 {
			known.kinds[each.Kinds[0]] = name
			known.groups[each.Kinds[0].Group] = true
		}
	}
	return known, nil
}

// validate judges an object of one of Kubernetes' own groups.
func (known *kubernetes) validate(kind schema.GroupVersionKind, object map[string]any) []finding {
	if name, is := known.kinds[kind]; is {
		walk := walk{known: known}
		walk.into("", known.definitions[name], object)
		return walk.findings
	}
	var versions []string
	for other := range known.kinds {
		if other.GroupKind() == kind.GroupKind() {
			versions = append(versions, other.Version)
		}
	}
	if len(versions) > 0 {
		return []finding{{"apiVersion", versionsMessage(kind, versions)}}
	}
	group := kind.Group
	if group == "" {
		group = "the core group"
	}
	return []finding{{"kind", "there is no " + kind.Kind + " in " + group}}
}

// metadata judges the part that all objects share.
func (known *kubernetes) metadata(value any) []finding {
	walk := walk{known: known}
	if known.definitions[metadataName] != nil {
		walk.into("metadata", known.definitions[metadataName], value)
	}
	return walk.findings
}

// walk compares a value with its definition, down to the leaves.
type walk struct {
	known    *kubernetes
	findings []finding
}

func (walk *walk) say(path, message string) {
	walk.findings = append(walk.findings, finding{path, message})
}

// quantity is the grammar in the description of that type.
var quantity = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$`)

func (walk *walk) into(path string, wanted *definition, value any) {
	// Null is the same as not there, and a value that is not known may be anything.
	if value == nil || unknowable(value) {
		return
	}
	if name, is := strings.CutPrefix(wanted.Reference, definitionPrefix); is {
		if name == quantityName {
			if text := fmt.Sprint(value); !quantity.MatchString(text) {
				walk.say(path, fmt.Sprintf("found %#v, expected a quantity like 500m or 2Gi", value))
			}
			return
		}
		wanted = walk.known.definitions[name]
	}
	switch {
	case wanted == nil:
	case wanted.Type == "object" || len(wanted.Properties) > 0:
		walk.object(path, wanted, value)
	case wanted.Type == "array":
		items, is := value.([]any)
		if !is {
			walk.say(path, wrongType(value, "array"))
			return
		}
		for index, item := range items {
			walk.into(fmt.Sprintf("%s[%d]", path, index), wanted.Items, item)
		}
	default:
		walk.scalar(path, wanted, value)
	}
}

func (walk *walk) object(path string, wanted *definition, value any) {
	fields, is := value.(map[string]any)
	if !is {
		walk.say(path, wrongType(value, "object"))
		return
	}
	join := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	for _, name := range wanted.Required {
		if fields[name] == nil {
			walk.say(join(name), "it is required, but not there")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if property := wanted.Properties[name]; property != nil {
			walk.into(join(name), property, fields[name])
		} else if wanted.AdditionalProperties != nil {
			walk.into(join(name), wanted.AdditionalProperties, fields[name])
		} else if len(wanted.Properties) > 0 {
			walk.say(join(name), "there is no such field")
		}
	}
}

func (walk *walk) scalar(path string, wanted *definition, value any) {
	text, isText := value.(string)
	number, isNumber := value.(float64)
	_, isInteger := value.(int64)
	_, isBoolean := value.(bool)
	right, expected := true, wanted.Type
	switch {
	case wanted.Format == "int-or-string":
		right, expected = isText || isInteger, "integer or string"
	case wanted.Type == "string":
		right = isText
	case wanted.Type == "integer":
		right = isInteger || isNumber && number == float64(int64(number))
	case wanted.Type == "number":
		right = isInteger || isNumber
	case wanted.Type == "boolean":
		right = isBoolean
	}
	if !right {
		walk.say(path, wrongType(value, expected))
	} else if wanted.Format == "byte" {
		if _, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err != nil {
			walk.say(path, "it is not base64; what is not encoded belongs into stringData")
		}
	}
}

// wrongType names a value in place of its contents where these are large.
func wrongType(value any, expected string) string {
	found := fmt.Sprintf("%#v", value)
	switch value.(type) {
	case map[string]any:
		found = "an object"
	case []any:
		found = "a list"
	default:
		if expected == "string" {
			expected += ": put it in quotes"
		}
	}
	return oneLine(fmt.Sprintf("found %s, expected %s", found, expected))
}
