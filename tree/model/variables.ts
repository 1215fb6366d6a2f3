// The variables that Flux replaces in what a Kustomization applies, and where they come from.
// Source: fluxcd/pkg kustomize v1.35 kustomize_varsub.go.
import type { FluxKustomization } from "./fluxKustomizations.ts";
import type { TreeObject } from "./objects.ts";
import { fieldsOf, listOf, textOf, valueAt, type Fields } from "./values.ts";

/** What a Kustomization knows. */
export interface Variables {
  readonly names: ReadonlySet<string>;
  /** Whether Flux replaces anything at all. */
  readonly areReplaced: boolean;
  /** Whether there are names that nobody can know here: of objects that are not in the tree, or hide their keys. */
  readonly areOpen: boolean;
}

/** An object from which variables may come. */
export interface Provider {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  /** undefined: in whichever namespace it is asked for. */
  readonly namespace: string | undefined;
  readonly keys: readonly string[];
  /** Whether it has keys that are not written anywhere. */
  readonly isOpen: boolean;
}

/** An entry of substituteFrom. */
export interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly isOptional: boolean;
}

/** Where a Kustomization takes its variables from. */
export function substituteFromOf(spec: Fields): readonly Reference[] {
  return listOf(valueAt(spec, "postBuild", "substituteFrom")).map((entry) => ({
    kind: textOf(fieldsOf(entry)["kind"]) ?? "",
    name: textOf(fieldsOf(entry)["name"]) ?? "",
    isOptional: fieldsOf(entry)["optional"] === true,
  }));
}

/** The objects that an entry of substituteFrom means: those of the Kustomization's own namespace. */
export function providersOf(
  { kind, name }: Reference,
  namespace: string,
  providers: readonly Provider[],
): readonly Provider[] {
  return providers.filter(
    (provider) =>
      provider.kind === kind &&
      provider.name === name &&
      (provider.namespace === undefined || provider.namespace === namespace),
  );
}

/** The variables of a Kustomization. */
export function variablesOf(
  { spec, namespace }: Pick<FluxKustomization, "spec" | "namespace">,
  providers: readonly Provider[],
): Variables {
  const substitute = Object.keys(fieldsOf(valueAt(spec, "postBuild", "substitute")));
  const from = substituteFromOf(spec).map((reference) => providersOf(reference, namespace, providers));
  const names = new Set([...substitute, ...from.flat().flatMap(({ keys }) => keys)]);
  const areOpen = from.some((found) => found.length === 0 || found.some(({ isOpen }) => isOpen));
  const always = valueAt(spec, "postBuild", "substituteStrategy") === "Always";
  return { names, areOpen, areReplaced: names.size > 0 || areOpen || always };
}

/** What an object provides: itself, or the Secret that an operator makes of it. */
export function providerOf(object: TreeObject, namespace: string | undefined): Provider | undefined {
  const { kind, apiVersion, metadata, spec } = object;
  const keysAt = (...path: readonly string[]): readonly string[] =>
    Object.keys(fieldsOf(valueAt(object, ...path)));
  const secret = { kind: "Secret", name: metadata.name, namespace, isOpen: false } as const;
  if (apiVersion === "v1" && kind === "ConfigMap")
    return { ...secret, kind, keys: [...keysAt("data"), ...keysAt("binaryData")] };
  if (apiVersion === "v1" && kind === "Secret")
    return { ...secret, keys: [...keysAt("data"), ...keysAt("stringData")] };
  // Source: external-secrets.io ExternalSecret, bitnami-labs/sealed-secrets SealedSecret.
  if (kind === "ExternalSecret" || kind === "ClusterExternalSecret")
    return {
      ...secret,
      name: textOf(valueAt(spec, "target", "name")) ?? metadata.name,
      keys: [],
      isOpen: true,
    };
  if (kind === "SealedSecret")
    return {
      ...secret,
      name: textOf(valueAt(spec, "template", "metadata", "name")) ?? metadata.name,
      keys: keysAt("spec", "encryptedData"),
    };
  return undefined;
}
