// What a kubelet may not write on its own Node. Talos writes labels, annotations and taints with the cluster's admin rights
// on a control plane, and with the kubelet's on a worker, where the API server refuses all of it as soon as one forbidden
// part is among it. The program writes that part, by Talos' own rules and into Talos' own record of what it owns, so that
// both agree whoever comes first. Pure. Source: siderolabs/talos v1.12 controllers/k8s/node_apply.go.
import type { KubeObject } from "../../steps/kubernetes.ts";
import { isForbiddenLabel, isSameTaint, taintOf, type NodeMetadata, type Taint } from "./metadata.ts";

/** Where Talos notes what came from the config, as a sorted list of keys in JSON. */
const owned = {
  labels: "talos.dev/owned-labels",
  annotations: "talos.dev/owned-annotations",
  taints: "talos.dev/owned-taints",
} as const;

/** The label that Talos gives to every control plane, and owns there alone: stack configs must not declare it. */
const controlPlaneLabel = "node-role.kubernetes.io/control-plane";

/** A merge patch of a Node; the version makes the API server refuse it when somebody else was faster. */
export interface NodeChange {
  readonly metadata: {
    readonly resourceVersion: string;
    /** null takes one away. */
    readonly labels?: Readonly<Record<string, string | null>>;
    readonly annotations: Readonly<Record<string, string | null>>;
  };
  readonly spec?: { readonly taints: readonly Taint[] };
}

/**
 * What has to be written on a worker's Node so that it shows what its kubelet may not set: forbidden labels and taints. What
 * is owned and not declared any more is taken back; what belongs to others stays. Undefined when nothing has to, and for a
 * control plane, where Talos does all of it.
 */
export function forbiddenChange(node: KubeObject, declared: NodeMetadata): NodeChange | undefined {
  if (ownedBefore(node, owned.labels).includes(controlPlaneLabel)) return undefined;
  const labels = labelChange(node, declared.labels ?? {});
  const taints = taintChange(node, declared.taints ?? {});
  if (labels === undefined && taints === undefined) return undefined;
  return {
    metadata: {
      resourceVersion: node.metadata?.resourceVersion ?? "",
      ...(labels === undefined ? {} : { labels: labels.labels }),
      annotations: {
        ...(labels === undefined ? {} : { [owned.labels]: labels.owned }),
        ...(taints === undefined ? {} : { [owned.taints]: taints.owned }),
      },
    },
    ...(taints === undefined ? {} : { spec: { taints: taints.taints } }),
  };
}

/** Whether a label, an annotation or a taint came from a machine config; anything else on a Node is somebody else's. */
export function isOwned(node: KubeObject, kind: keyof typeof owned, key: string): boolean {
  return ownedBefore(node, owned[kind]).includes(key);
}

/** Taints that a Node has. */
export function taintsOf(node: KubeObject): readonly Taint[] {
  return (node.spec?.["taints"] ?? []) as readonly Taint[];
}

function labelChange(
  node: KubeObject,
  declared: Readonly<Record<string, string>>,
): { readonly labels: Readonly<Record<string, string | null>>; readonly owned: string | null } | undefined {
  const present = node.metadata?.labels ?? {};
  const before = ownedBefore(node, owned.labels);
  const wanted = Object.entries(declared).filter(([key]) => isForbiddenLabel(key));
  // A label of that key and another value that nobody owns was set by somebody else: it is theirs.
  const set = wanted.filter(
    ([key, value]) => present[key] !== value && (present[key] === undefined || before.includes(key)),
  );
  const back = before.filter((key) => isForbiddenLabel(key) && !(key in declared));
  if (set.length === 0 && back.length === 0) return undefined;
  return {
    labels: { ...Object.fromEntries(set), ...Object.fromEntries(back.map((key) => [key, null])) },
    owned: ownedAfter(
      before,
      set.map(([key]) => key),
      back,
    ),
  };
}

function taintChange(
  node: KubeObject,
  declared: Readonly<Record<string, string>>,
): { readonly taints: readonly Taint[]; readonly owned: string | null } | undefined {
  const present = taintsOf(node);
  const before = ownedBefore(node, owned.taints);
  const set = Object.entries(declared)
    .map(([key, text]) => taintOf(key, text))
    .filter((taint) => {
      const found = present.find(({ key }) => key === taint.key);
      return found === undefined || (before.includes(taint.key) && !isSameTaint(found, taint));
    });
  const back = before.filter((key) => !(key in declared));
  if (set.length === 0 && back.length === 0) return undefined;
  const stays = present.filter(({ key }) => !back.includes(key) && !set.some((taint) => taint.key === key));
  return {
    taints: [...stays, ...set],
    owned: ownedAfter(
      before,
      set.map(({ key }) => key),
      back,
    ),
  };
}

function ownedBefore(node: KubeObject, annotation: string): readonly string[] {
  try {
    const keys: unknown = JSON.parse(node.metadata?.annotations?.[annotation] ?? "[]");
    return Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];
  } catch {
    // Not Talos' writing: nothing is known to be owned, so nothing is taken back.
    return [];
  }
}

function ownedAfter(
  before: readonly string[],
  set: readonly string[],
  back: readonly string[],
): string | null {
  const keys = [...new Set([...before, ...set])].filter((key) => !back.includes(key)).sort();
  return keys.length === 0 ? null : JSON.stringify(keys);
}
