// The answer to GetSchema, written from the same descriptions that check the inputs.
import type { ProviderDefinition } from "./provider.ts";
import type { PropertySpec, PropertySpecs } from "./spec.ts";

type Json = Record<string, unknown>;

/** The Pulumi schema of a stand-in, as JSON text. Short: no examples, no language settings. */
export function schemaOf(definition: ProviderDefinition): string {
  const types: Json = {};
  const property = (spec: PropertySpec): Json => {
    const common = { description: spec.description, ...(spec.secret === true ? { secret: true } : {}) };
    switch (spec.type) {
      case "any":
        return { $ref: "pulumi.json#/Any", ...common };
      case "array":
        return { type: "array", items: property(spec.items ?? { type: "any", description: "" }), ...common };
      case "map":
        return {
          type: "object",
          additionalProperties: property(spec.items ?? { type: "any", description: "" }),
          ...common,
        };
      case "object": {
        if (spec.ref === undefined)
          return { type: "object", additionalProperties: { $ref: "pulumi.json#/Any" }, ...common };
        types[spec.ref] = {
          type: "object",
          properties: properties(spec.properties ?? {}),
          ...(spec.required ? { required: spec.required } : {}),
        };
        return { $ref: `#/types/${spec.ref}`, ...common };
      }
      default:
        return { type: spec.type, ...common };
    }
  };
  const properties = (specs: PropertySpecs): Json =>
    Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, property(spec)]));

  const resources: Json = {};
  for (const [token, resource] of Object.entries(definition.resources))
    resources[token] = {
      description: resource.description,
      properties: properties({ ...resource.inputs, ...resource.outputs }),
      required: resource.requiredOutputs,
      inputProperties: properties(resource.inputs),
      requiredInputs: resource.requiredInputs,
    };
  const functions: Json = {};
  for (const [token, fn] of Object.entries(definition.functions))
    functions[token] = {
      description: fn.description,
      inputs: { type: "object", properties: properties(fn.inputs), required: fn.requiredInputs },
      outputs: { type: "object", properties: properties({ ...fn.inputs, ...fn.outputs }) },
    };
  return JSON.stringify({
    name: definition.name,
    version: definition.version,
    description: definition.description,
    config: { variables: properties(definition.config) },
    provider: { inputProperties: properties(definition.config) },
    types,
    resources,
    functions,
  });
}
