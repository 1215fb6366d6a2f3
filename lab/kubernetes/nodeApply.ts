// What Talos writes on a machine's Node: labels, annotations and taints of its config, with a record of what it owns, so that
// it takes back what leaves the config. On a control plane with the cluster's admin rights, on a worker with the kubelet's,
// which may change neither taints nor most labels of Kubernetes' own domains: then nothing of it is written. Pure.
// Source: siderolabs/talos v1.12 controllers/k8s/node_apply.go, kubernetes/kubernetes plugin/pkg/admission/noderestriction
import type { MachineConfig } from "../talos/config.ts";
import type { LabObject } from "./kubeApi.ts";
import { controlPlaneRole } from "./node.ts";

type Texts = Readonly<Record<string, string>>;

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

const record = {
  labels: "talos.dev/owned-labels",
  annotations: "talos.dev/owned-annotations",
  taints: "talos.dev/owned-taints",
} as const;

/**
 * The merge patch that brings a Node to its config; undefined when it is there.
 * @throws Error in the API server's words when a worker's kubelet may not send it
 */
export function nodeApply(config: MachineConfig, node: LabObject): Record<string, unknown> | undefined {
  const isControlPlane = config.type === "controlplane";
  const labels = applied(
    node.metadata.labels ?? {},
    ownedBefore(node, record.labels),
    isControlPlane ? { ...config.nodeLabels, [controlPlaneRole]: "" } : config.nodeLabels,
  );
  const annotations = applied(
    node.metadata.annotations ?? {},
    ownedBefore(node, record.annotations),
    config.nodeAnnotations,
  );
  const before = taintsOf(node);
  const taints = appliedTaints(before, ownedBefore(node, record.taints), wantedTaints(config));
  if (!isControlPlane) {
    const forbidden = Object.keys(labels.changes).filter(isForbidden);
    if (JSON.stringify(taints.taints) !== JSON.stringify(before))
      throw new Error(
        `nodes "${config.hostname}" is forbidden: node "${config.hostname}" is not allowed to modify taints`,
      );
    if (forbidden.length > 0)
      throw new Error(
        `nodes "${config.hostname}" is forbidden: is not allowed to modify labels: ${forbidden.sort().join(", ")}`,
      );
  }
  const records = Object.fromEntries(
    Object.entries({ labels, annotations, taints })
      .map(([name, { owned }]) => [record[name as keyof typeof record], listed(owned)] as const)
      .filter(([key, value]) => (node.metadata.annotations?.[key] ?? null) !== value),
  );
  const changed = { ...annotations.changes, ...records };
  const taintsChanged = JSON.stringify(taints.taints) !== JSON.stringify(before);
  if (Object.keys({ ...labels.changes, ...changed }).length === 0 && !taintsChanged) return undefined;
  return {
    metadata: {
      resourceVersion: node.metadata.resourceVersion,
      labels: labels.changes,
      annotations: changed,
    },
    ...(taintsChanged ? { spec: { taints: taints.taints } } : {}),
  };
}

function applied(
  present: Texts,
  before: readonly string[],
  wanted: Texts,
): { readonly changes: Readonly<Record<string, string | null>>; readonly owned: readonly string[] } {
  const mine = Object.entries(wanted).filter(
    ([key, value]) => present[key] === undefined || present[key] === value || before.includes(key),
  );
  const gone = before.filter((key) => !(key in wanted));
  const set = mine.filter(([key, value]) => present[key] !== value);
  const back = gone.filter((key) => key in present).map((key) => [key, null] as const);
  return { changes: Object.fromEntries([...set, ...back]), owned: mine.map(([key]) => key) };
}

function appliedTaints(
  present: readonly Taint[],
  before: readonly string[],
  wanted: readonly Taint[],
): { readonly taints: readonly Taint[]; readonly owned: readonly string[] } {
  const same = (one: Taint, other: Taint): boolean =>
    one.key === other.key && (one.value ?? "") === (other.value ?? "") && one.effect === other.effect;
  const mine = wanted.filter((taint) => {
    const found = present.find(({ key }) => key === taint.key);
    return found === undefined || before.includes(taint.key) || same(found, taint);
  });
  const isGone = ({ key }: Taint): boolean =>
    before.includes(key) && !wanted.some((taint) => taint.key === key);
  const stays = present
    .filter((taint) => !isGone(taint))
    .map((taint) => mine.find((own) => own.key === taint.key && !same(own, taint)) ?? taint);
  const added = mine.filter(({ key }) => !present.some((taint) => taint.key === key));
  return { taints: [...stays, ...added], owned: mine.map(({ key }) => key) };
}

function wantedTaints(config: MachineConfig): readonly Taint[] {
  const declared = Object.entries(config.nodeTaints).map(([key, text]) => {
    const at = text.indexOf(":");
    return at < 0 ? { key, effect: text } : { key, value: text.slice(0, at), effect: text.slice(at + 1) };
  });
  const keepsPodsAway = config.type === "controlplane" && !config.allowSchedulingOnControlPlanes;
  return keepsPodsAway ? [{ key: controlPlaneRole, effect: "NoSchedule" }, ...declared] : declared;
}

function taintsOf(node: LabObject): readonly Taint[] {
  return (node.spec?.["taints"] ?? []) as readonly Taint[];
}

function ownedBefore(node: LabObject, annotation: string): readonly string[] {
  return JSON.parse(node.metadata.annotations?.[annotation] ?? "[]") as readonly string[];
}

function listed(keys: readonly string[]): string | null {
  return keys.length === 0 ? null : JSON.stringify([...keys].sort());
}

function isForbidden(label: string): boolean {
  const [namespace = ""] = label.includes("/") ? label.split("/") : [];
  const free = ["hostname", "os", "arch"].map((name) => `kubernetes.io/${name}`);
  if (/(^|\.)node-restriction\.kubernetes\.io$/.test(namespace)) return true;
  if (free.includes(label) || /(^|\.)(kubelet|node|topology)\.kubernetes\.io$/.test(namespace)) return false;
  return /(^|\.)(kubernetes|k8s)\.io$/.test(namespace);
}
