// What a kubelet may not write on its own Node. Talos writes labels, annotations and taints with the cluster's admin rights
// on a control plane, and with the kubelet's on a worker, where the API server refuses all of it as soon as one forbidden
// part is among it. The program writes that part, by Talos' own rules and into Talos' own record of what it owns, so that
// both agree whoever comes first. Pure. Source: siderolabs/talos v1.12 controllers/k8s/node_apply.go.
import type { KubeObject } from "../../steps/kubernetes.ts";
import type { NodeMetadata } from "./declared.ts";
import { isForbiddenLabel, shownTaint, taintOf, taintsOf, type Taint } from "./metadata.ts";

/** Where Talos notes what came from the config, as a sorted list of keys in JSON. */
const owned = {
  labels: "talos.dev/owned-labels",
  annotations: "talos.dev/owned-annotations",
  taints: "talos.dev/owned-taints",
} as const;

type Kind = keyof typeof owned;

/** The label that Talos gives to every control plane, and owns there alone: stack configs must not declare it. */
const controlPlaneLabel = "node-role.kubernetes.io/control-plane";

/** Something that a Node shows otherwise than it is declared, in words of a person. */
export interface Otherwise {
  readonly key: string;
  /** e.g. `""` or `gpu:NoSchedule` */
  readonly declared: string;
  /** Empty where it is not there; a key may stand for several taints. */
  readonly found: readonly string[];
  /** Somebody else has set it: neither Talos nor the program will change it. */
  readonly theirs: boolean;
}

/** What a Node shows otherwise of one kind. */
export function shownOtherwise(
  node: KubeObject,
  kind: Kind,
  declared: NodeMetadata[Kind] = {},
): readonly Otherwise[] {
  return Object.entries(declared).flatMap(([key, text]) => {
    const value = node.metadata?.[kind === "taints" ? "labels" : kind]?.[key];
    const [wanted, found] =
      kind === "taints"
        ? [
            shownTaint(taintOf(key, text)),
            taintsOf(node)
              .filter((taint) => taint.key === key)
              .map(shownTaint),
          ]
        : [JSON.stringify(text), value === undefined ? [] : [JSON.stringify(value)]];
    if (found.includes(wanted)) return [];
    return [{ key, declared: wanted, found, theirs: found.length > 0 && !ownedOn(node, kind).includes(key) }];
  });
}

/** A merge patch of a Node: null takes away; its version makes the API server refuse it when somebody else was faster. */
export interface NodeChange {
  readonly metadata: {
    readonly resourceVersion: string;
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
  if (ownedOn(node, "labels").includes(controlPlaneLabel)) return undefined;
  const { labels = {}, taints = {} } = declared;
  const label = changeOf(node, "labels", labels, isForbiddenLabel);
  const taint = changeOf(node, "taints", taints, () => true);
  if (label === undefined && taint === undefined) return undefined;
  const stays = taintsOf(node).filter(({ key }) => taint?.changed.includes(key) !== true);
  const set = taint?.set.map((key) => taintOf(key, taints[key] ?? "")) ?? [];
  return {
    metadata: {
      resourceVersion: node.metadata?.resourceVersion ?? "",
      ...(label && { labels: Object.fromEntries(label.changed.map((key) => [key, labels[key] ?? null])) }),
      annotations: { ...label?.record, ...taint?.record },
    },
    ...(taint && { spec: { taints: [...stays, ...set] } }),
  };
}

/** What changes of one kind, by key: what is set, that and what is taken back, and Talos' record after it. */
interface Change {
  readonly set: readonly string[];
  readonly changed: readonly string[];
  readonly record: Readonly<Record<string, string | null>>;
}

function changeOf(
  node: KubeObject,
  kind: "labels" | "taints",
  declared: Readonly<Record<string, string>>,
  isOurs: (key: string) => boolean,
): Change | undefined {
  const before = ownedOn(node, kind);
  const set = shownOtherwise(node, kind, declared).flatMap(({ key, theirs }) =>
    isOurs(key) && !theirs ? [key] : [],
  );
  const back = before.filter((key) => isOurs(key) && !(key in declared));
  if (set.length === 0 && back.length === 0) return undefined;
  const after = [...new Set([...before, ...set])].filter((key) => !back.includes(key)).sort();
  const record = { [owned[kind]]: after.length === 0 ? null : JSON.stringify(after) };
  return { set, changed: [...set, ...back], record };
}

/** Keys that came from a machine config; anything else on a Node is somebody else's. */
function ownedOn(node: KubeObject, kind: Kind): readonly string[] {
  try {
    const keys: unknown = JSON.parse(node.metadata?.annotations?.[owned[kind]] ?? "[]");
    return Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];
  } catch {
    // Not Talos' writing: nothing is known to be owned, so nothing is taken back.
    return [];
  }
}
