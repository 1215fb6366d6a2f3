package main

// What is asked on standard input, and what is answered on standard output: one JSON document each.

// Request says which tree is to be built, and with what.
type Request struct {
	// Root is the absolute path of the folder that the source's artifact would hold: the repository.
	Root string `json:"root"`
	// Source is the source that stands for Root; Kustomizations of other sources are not built.
	Source Source `json:"source"`
	// Start holds the Flux Kustomizations to begin with. They win over objects of the same name that builds bring.
	Start []map[string]any `json:"start"`
	// Variables is what substituteFrom finds, by kind, namespace and name: "ConfigMap/flux-system/cluster-settings".
	Variables map[string]map[string]string `json:"variables"`
	// Examples lets X.sops.yaml.example stand for an X.sops.yaml that is not there.
	Examples bool `json:"examples"`
	// Strict makes an undefined variable a problem, as Flux does from 2.9 on.
	Strict bool `json:"strict"`
	// Schemas asks for the validation of what was built.
	Schemas bool `json:"schemas"`
	// Definitions are absolute paths of YAML files with custom resource definitions.
	Definitions []string `json:"definitions"`
	// Kubernetes is the absolute path of Kubernetes' own API description (swagger.json); without it Kubernetes' own kinds
	// are not validated.
	Kubernetes string `json:"kubernetes"`
}

// Source names a Flux source.
type Source struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Answer is the whole result.
type Answer struct {
	Kustomizations []*Built `json:"kustomizations"`
}

// Built is one Flux Kustomization and what it applies.
type Built struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Path is relative to the root, normalised: "cluster/apps", "." for the root itself.
	Path string `json:"path"`
	// Parent is "namespace/name" of the Kustomization whose build brought this one; nil for a start.
	Parent *string `json:"parent"`
	// Object is the Flux Kustomization itself.
	Object map[string]any `json:"object"`
	// Skipped says why it was not built; nil when it was.
	Skipped  *string   `json:"skipped"`
	Objects  []Object  `json:"objects"`
	Problems []Problem `json:"problems"`
}

// Object is an object to be applied, and where it comes from.
type Object struct {
	Object map[string]any `json:"object"`
	// File is relative to the root; nil where kustomize does not know it.
	File *string `json:"file"`
}

// Problem is something that is wrong.
type Problem struct {
	// Rule is "build", "substitution" or "schema".
	Rule string `json:"rule"`
	// Object is "Kind namespace/name", nil when it is about the Kustomization as a whole.
	Object *string `json:"object"`
	File   *string `json:"file"`
	// Field is the path inside the object: "spec.chart.spec.version".
	Field   *string `json:"field"`
	Message string  `json:"message"`
}
