// Kustomize patches, as far as Flux's own kinds need them: those have no merge keys, so that a patch replaces lists.
// Source: sigs.k8s.io/kustomize api/types/selector.go, RFC 7386 and RFC 6902.
import { isDeepStrictEqual } from "node:util";
import { parseAsGo } from "./goYaml.ts";
import type { Instance, Replaced } from "./instance.ts";
import type { Origin, TreeObject } from "./objects.ts";
import { fieldsOf, listOf, textOf, valueAt, type Fields } from "./values.ts";

/** A patch and what it applies to. */
export interface Patch {
  /** The patch itself: a map to merge, or a list of operations. */
  readonly content: unknown;
  /** What it says about its target; undefined: the map names the object itself. */
  readonly target?: Fields;
  readonly origin: Origin;
}

/** Lists of a Flux Kustomization that are worth keeping. */
const lists = [
  ["spec", "postBuild", "substituteFrom"],
  ["spec", "patches"],
] as const;

/** The documents of a patch that stands in a text. None when it is no YAML: the build says so. */
export function parsePatch(text: string): readonly unknown[] {
  try {
    const documents = parseAsGo(text, "kustomize");
    return documents.flatMap((document) =>
      document.errors.length > 0 || document.contents === null ? [] : [document.toJS() as unknown],
    );
  } catch {
    return [];
  }
}

/** All instances after all patches, in order. */
export function applyPatches(instances: readonly Instance[], patches: readonly Patch[]): readonly Instance[] {
  return patches.reduce((all, patch) => all.flatMap((instance) => applyPatch(instance, patch)), instances);
}

function applyPatch(instance: Instance, patch: Patch): readonly Instance[] {
  if (!matches(instance.data, patch)) return [instance];
  if (valueAt(patch.content, "$patch") === "delete") return [];
  const data = (
    Array.isArray(patch.content)
      ? patch.content.reduce<unknown>(applyOperation, instance.data)
      : merge(instance.data, { ...fieldsOf(patch.content), apiVersion: undefined, kind: undefined })
  ) as TreeObject;
  const kept = {
    ...data,
    metadata: { ...data.metadata, name: instance.data.metadata.name },
  };
  return [
    {
      ...instance,
      data: kept,
      replaced: [...instance.replaced, ...replacedBy(instance.data, kept, patch.origin)],
    },
  ];
}

function replacedBy(before: TreeObject, after: TreeObject, by: Origin): readonly Replaced[] {
  return lists.flatMap((field) => {
    const next = listOf(valueAt(after, ...field));
    const lost = listOf(valueAt(before, ...field)).filter(
      (entry) => !next.some((other) => isDeepStrictEqual(entry, other)),
    );
    return lost.length === 0 ? [] : [{ field, lost, by }];
  });
}

/** Whether a patch means an object. */
function matches({ apiVersion, kind, metadata }: TreeObject, { target, content }: Patch): boolean {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  if (target === undefined) {
    const own = fieldsOf(content);
    const name = valueAt(own, "metadata", "name");
    const namespace = valueAt(own, "metadata", "namespace");
    const sameGroup = String(own["apiVersion"] ?? "").split("/")[0] === apiVersion.split("/")[0];
    const sameNamespace = namespace === undefined || namespace === metadata.namespace;
    return sameGroup && own["kind"] === kind && name === metadata.name && sameNamespace;
  }
  const is = (field: string, value: string | undefined): boolean => {
    const wanted = textOf(target[field]);
    return wanted === undefined || wholeMatch(wanted, value ?? "");
  };
  return (
    is("group", group) &&
    is("version", version) &&
    is("kind", kind) &&
    is("name", metadata.name) &&
    is("namespace", metadata.namespace) &&
    selects(target["labelSelector"], metadata.labels) &&
    selects(target["annotationSelector"], metadata.annotations)
  );
}

function wholeMatch(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(value);
  } catch {
    return pattern === value;
  }
}

/** Kubernetes label selectors. Source: k8s.io/apimachinery pkg/labels/selector.go. */
function selects(selector: unknown, labels: Readonly<Record<string, string>> = {}): boolean {
  const text = textOf(selector);
  if (text === undefined) return true;
  // Commas inside of parentheses separate values.
  return text.split(/,(?![^(]*\))/).every((part) => fulfils(part.trim(), labels));
}

function fulfils(requirement: string, labels: Readonly<Record<string, string>>): boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(requirement);
  if (set !== null) {
    const [, key = "", operator, values = ""] = set;
    const isIn = values.split(",").some((value) => value.trim() === labels[key]);
    return operator === "in" ? isIn : !isIn;
  }
  const equal = /^([^\s!=]+)\s*(==?|!=)\s*(\S*)$/.exec(requirement);
  if (equal !== null) {
    const [, key = "", operator, value] = equal;
    return (labels[key] === value) === (operator !== "!=");
  }
  return requirement.startsWith("!") ? !(requirement.slice(1).trim() in labels) : requirement in labels;
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...fieldsOf(target) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else if (value !== undefined) result[key] = merge(result[key], value);
  }
  return result;
}

function applyOperation(object: unknown, operation: unknown): unknown {
  const { op, path, value } = fieldsOf(operation);
  if (typeof path !== "string" || (op !== "add" && op !== "replace" && op !== "remove")) return object;
  const keys = path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return change(object, keys, op, value);
}

/** A copy with the value at a path set or taken away. */
function change(
  at: unknown,
  keys: readonly string[],
  op: "add" | "replace" | "remove",
  value: unknown,
): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return op === "remove" ? undefined : value;
  if (Array.isArray(at)) {
    const copy: unknown[] = [...(at as unknown[])];
    const index = key === "-" ? copy.length : Number(key);
    if (rest.length > 0) copy[index] = change(copy[index], rest, op, value);
    else copy.splice(index, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
    return copy;
  }
  const copy: Record<string, unknown> = { ...fieldsOf(at) };
  if (rest.length > 0) copy[key] = change(copy[key], rest, op, value);
  else if (op === "remove") Reflect.deleteProperty(copy, key);
  else copy[key] = value;
  return copy;
}
