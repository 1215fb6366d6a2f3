// Names of variables that Flux refuses. One of them stops every Kustomization that takes variables from the object it is in,
// whether it uses that variable or not.
import type { Finding } from "./finding.ts";
import type { FluxKustomization } from "./model/fluxKustomizations.ts";
import type { FieldPath, Origin } from "./model/objects.ts";
import type { TreeModel } from "./model/treeModel.ts";
import { fieldsOf, valueAt } from "./model/values.ts";
import { substituteFromOf } from "./model/variables.ts";

/**
 * What Flux takes for the name of a variable, e.g. `SECRET_DOMAIN`.
 * Source: fluxcd/pkg kustomize v1.35 kustomize_varsub.go, `^[_[:alpha:]][_[:alpha:][:digit:]]*$`.
 */
const variableName = /^[_a-zA-Z]\w*$/;

/** Where the keys of a ConfigMap or a Secret stand. */
const keyFields = ["data", "stringData", "binaryData"] as const;

/** Names that Flux refuses, each once, at their lines. */
export function refusedNames(model: TreeModel): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const { origin, field, name, of, users } of namesIn(model)) {
    if (variableName.test(name)) continue;
    const line = origin.line(...field);
    const who =
      users === 1 ? "the Kustomization that takes" : `all ${String(users)} Kustomizations that take`;
    found.set(`${origin.file}:${String(line)}:${name}`, {
      file: origin.file,
      line,
      message: `${of} has the variable "${name}", a name that Flux refuses: it stops ${who} variables from here; expected letters, digits and _, and no digit first`,
      fix: `write ${acceptedName(name)}, here and where it is used`,
    });
  }
  return [...found.values()];
}

interface VariableKey {
  readonly origin: Origin;
  readonly field: FieldPath;
  readonly name: string;
  /** e.g. `ConfigMap cluster-settings` */
  readonly of: string;
  /** How many Kustomizations take variables from there. */
  readonly users: number;
}

/** Every name of a variable that some Kustomization takes. */
function namesIn(model: TreeModel): readonly VariableKey[] {
  return [...inObjects(model), ...model.kustomizations.flatMap(inKustomization)];
}

function inObjects({ placed, kustomizations }: TreeModel): readonly VariableKey[] {
  return placed.flatMap(({ data, source, name, namespace }) => {
    const { kind, apiVersion } = data;
    if (apiVersion !== "v1" || (kind !== "ConfigMap" && kind !== "Secret")) return [];
    const users = kustomizations.filter(
      (kustomization) =>
        (namespace === undefined || kustomization.namespace === namespace) &&
        substituteFromOf(kustomization.spec).some(
          (reference) => reference.kind === kind && reference.name === name,
        ),
    ).length;
    if (users === 0) return [];
    // Flux reads no binaryData of a ConfigMap.
    return keyFields
      .filter((field) => kind === "Secret" || field === "data")
      .flatMap((field) =>
        Object.keys(fieldsOf(data[field])).map((key) => ({
          origin: source,
          field: [field, key],
          name: key,
          of: `${kind} ${name}`,
          users,
        })),
      );
  });
}

function inKustomization({ object, spec, name }: FluxKustomization): readonly VariableKey[] {
  const field = ["postBuild", "substitute"];
  return Object.keys(fieldsOf(valueAt(spec, ...field))).map((key) => ({
    origin: object.source,
    field: ["spec", ...field, key],
    name: key,
    of: `Kustomization ${name}`,
    users: 1,
  }));
}

/** The nearest name that Flux takes. */
function acceptedName(name: string): string {
  const letters = name.replaceAll(/\W/g, "_");
  return /^\d/.test(letters) || letters === "" ? `_${letters}` : letters;
}
