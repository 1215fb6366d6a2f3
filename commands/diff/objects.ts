// The objects of one side, each with the Kustomization that applies it.
import type { BuildAnswer, BuiltKustomization } from "../tree/types.ts";
import type { TreeObject } from "../../tree/index.ts";

const fluxPrefix = "kustomize.toolkit.fluxcd.io/";

/** An object and where it comes from. */
export interface Applied {
  readonly object: TreeObject;
  readonly file: string | null;
  /** `namespace/name` of the Kustomization that applies it. */
  readonly by: string;
}

/** What Flux would have. */
export interface SideObjects {
  readonly kustomizations: ReadonlyMap<string, BuiltKustomization>;
  /** By identity; what two Kustomizations apply is there for the first. */
  readonly objects: ReadonlyMap<string, Applied>;
  /** Kustomizations of which it is not known what they apply, with the reason. */
  readonly unknown: ReadonlyMap<string, string>;
}

/** `namespace/name` of a Kustomization. */
export function keyOf({ namespace, name }: Pick<BuiltKustomization, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** A Kustomization and those above it, by name. */
export function chainOf(
  { kustomizations }: Pick<SideObjects, "kustomizations">,
  name: string,
): readonly string[] {
  const parent = kustomizations.get(name)?.parent ?? undefined;
  return parent === undefined ? [name] : [name, ...chainOf({ kustomizations }, parent)];
}

/** Indexes what was built. */
export function sideObjects({ kustomizations }: BuildAnswer): SideObjects {
  const objects = new Map<string, Applied>();
  const unknown = new Map<string, string>();
  for (const built of kustomizations) {
    const reason = reasonOf(built);
    if (reason !== undefined) unknown.set(keyOf(built), reason);
    for (const { object, file } of built.objects) {
      const applied = { object, file, by: keyOf(built) };
      const [id, exact] = [idOf(object), exactIdOf(object)];
      // Two generated objects whose names differ in nothing but the hash keep it.
      objects.set(objects.has(id) ? exact : id, applied);
    }
  }
  return { kustomizations: new Map(kustomizations.map((built) => [keyOf(built), built])), objects, unknown };
}

/** Why it is not known what a Kustomization applies; one that Flux does not build from this tree is no riddle. */
function reasonOf({ path, problems }: BuiltKustomization): string | undefined {
  const problem = problems.find(({ rule }) => rule !== "schema");
  if (problem === undefined) return undefined;
  const { file, object, message } = problem;
  return [file ?? path, object, message].filter((part) => part !== null).join(": ");
}

/** As messages name it: `Kind namespace/name`. */
export function titleOf({ kind, metadata }: TreeObject): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}

/** Whether an object says so of itself, in an annotation or a label of Flux. */
export function says(object: TreeObject, name: "prune" | "reconcile"): boolean {
  const { annotations, labels } = object.metadata;
  return { ...labels, ...annotations }[`${fluxPrefix}${name}`] === "disabled";
}

/**
 * The hash that kustomize appends to the name of what it generates: ten hexadecimal digits in an alphabet of its own.
 * Source: sigs.k8s.io/kustomize api/hasher, encode.
 */
const generatedHash = /-[2456789bcdfghkmt]{10}$/;

/** The same for all API versions of an object, and for all contents of a generated one. */
function idOf(object: TreeObject): string {
  const generated = object.kind === "ConfigMap" || object.kind === "Secret";
  return generated ? exactIdOf(object).replace(generatedHash, "-…") : exactIdOf(object);
}

function exactIdOf({ apiVersion, kind, metadata }: TreeObject): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return [group, kind, metadata.namespace ?? "", metadata.name].join("/");
}
