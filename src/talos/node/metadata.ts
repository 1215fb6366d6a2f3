// Taints and labels as Kubernetes has them, and what a Node says of itself. Pure.
import { conditionOf, type KubeObject } from "../../steps/kubernetes.ts";
import { done, notYet, type Observation } from "../../steps/wait.ts";

/** A taint of a Node. An empty value is none. Source: Kubernetes' core/v1 Taint. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  /** e.g. `NoSchedule` */
  readonly effect: string;
}

/** A taint from Talos' form. Source: siderolabs/talos node_taint_spec.go. */
export function taintOf(key: string, text: string): Taint {
  const at = text.indexOf(":");
  return at < 0 ? { key, effect: text } : { key, value: text.slice(0, at), effect: text.slice(at + 1) };
}

/** A taint for people, as kubectl writes it, e.g. `dedicated=gpu:NoSchedule`. */
export function shownTaint({ key, value = "", effect }: Taint): string {
  return `${key}${value === "" ? "" : `=${value}`}:${effect}`;
}

/** Taints that a Node has. */
export function taintsOf(node: KubeObject): readonly Taint[] {
  return (node.spec?.["taints"] ?? []) as readonly Taint[];
}

/** Addresses under which a Node's kubelet has registered it. */
export function addressesOf(node: KubeObject | undefined): readonly string[] {
  const all = (node?.status?.["addresses"] ?? []) as readonly Readonly<Record<"type" | "address", string>>[];
  return all.flatMap(({ type, address }) => (type === "InternalIP" ? [address] : []));
}

/**
 * Whether a node is Ready since the boot that its machine runs. The cluster believes a Ready of before the reboot for most of
 * a minute; the boot that a kubelet writes into its node tells them apart.
 */
export function nodeReadiness(
  name: string,
  node: KubeObject | undefined,
  boot: string,
): Observation<undefined> {
  if (node === undefined) return notYet(`${name}: not registered`);
  const { bootID } = (node.status?.["nodeInfo"] ?? {}) as { readonly bootID?: string };
  if (bootID && bootID !== boot) return notYet(`${name}: its kubelet has not reported since the reboot`);
  const ready = conditionOf(node, "Ready");
  return ready?.status === "True" ? done() : notYet(`${name}: ${ready?.message ?? "not Ready"}`);
}

/** Labels of Kubernetes' own that a kubelet may set. */
const kubeletLabels = [
  /^kubernetes\.io\/(hostname|os|arch)$/,
  /^beta\.kubernetes\.io\/(os|arch|instance-type)$/,
  /^(topology|failure-domain\.beta)\.kubernetes\.io\/(zone|region)$/,
  /^([^/]*\.)?(kubelet|node)\.kubernetes\.io\//,
];

/**
 * Whether a kubelet may not set this label on its own Node, e.g. `node-role.kubernetes.io/gpu`. Source:
 * kubernetes/kubernetes plugin/pkg/admission/noderestriction, k8s.io/kubelet pkg/apis/well_known_labels.go.
 */
export function isForbiddenLabel(label: string): boolean {
  const isTheirs = /^([^/]*\.)?(kubernetes|k8s)\.io\//.test(label);
  return isTheirs && !kubeletLabels.some((pattern) => pattern.test(label));
}
