// How Flux's install bundles of two versions differ, object by object.
import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { isDefinition, summaries } from "./definitions.ts";
import { yamlDiff } from "./diffs.ts";
import type { FluxBundleDiff, PlanDiff } from "./types.ts";

/** Longer ones are read elsewhere: a plan says what they are about. */
const longestDiff = 24;

/** Every object carries the version as a label; saying so for each of them would hide the rest. */
const versionLabel = "app.kubernetes.io/version";

interface FluxObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
}

/** One bundle. */
export interface Bundle {
  readonly version: string;
  readonly text: string;
}

/** Compares two bundles. */
export function compareBundles(before: Bundle, after: Bundle): FluxBundleDiff {
  const [old, next] = [objectsOf(before.text), objectsOf(after.text)];
  const changed = [...next].flatMap(([name, object]): PlanDiff[] => {
    const other = old.get(name);
    if (other === undefined || isDeepStrictEqual(other, object)) return [];
    const [left, right] =
      isDefinition(other) && isDefinition(object) ? summaries(other, object) : [other, object];
    const diff = yamlDiff(left, right);
    return diff === "" ? [] : [{ of: [name], diff: shortened(diff) }];
  });
  return {
    from: before.version,
    to: after.version,
    added: [...next.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !next.has(name)),
    changed,
  };
}

function objectsOf(text: string): ReadonlyMap<string, FluxObject> {
  const objects = parseAllDocuments(text)
    .map((document) => document.toJS() as FluxObject | null)
    .filter((object) => object !== null);
  return new Map(
    objects
      .map((object) => [nameOf(object), withoutVersion(object)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function nameOf({ kind, metadata: { name, namespace } }: FluxObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

function withoutVersion(object: FluxObject): FluxObject {
  const { labels } = object.metadata;
  if (labels === undefined) return object;
  const rest = Object.fromEntries(Object.entries(labels).filter(([label]) => label !== versionLabel));
  return { ...object, metadata: { ...object.metadata, labels: rest } };
}

function shortened(diff: string): string {
  const lines = diff.split("\n");
  if (lines.length <= longestDiff) return diff;
  return [...lines.slice(0, longestDiff), `… ${String(lines.length - longestDiff)} more lines`].join("\n");
}
