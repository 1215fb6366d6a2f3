// What a stack config says of the Nodes of its machines, in Talos' own words: machine.nodeLabels, nodeAnnotations and
// nodeTaints of the patches. Pure.

/** Labels, annotations and taints of a Node, as a machine config has them. What is not declared is not there. */
export interface NodeMetadata {
  /** e.g. `{"topology.kubernetes.io/zone": "kitchen"}` */
  readonly labels?: Readonly<Record<string, string>>;
  /** e.g. `{"example.com/rack": "2"}` */
  readonly annotations?: Readonly<Record<string, string>>;
  /** By key, `value:Effect` or `Effect`, e.g. `{"dedicated": "gpu:NoSchedule"}`. Source: Talos' MachineConfig.nodeTaints. */
  readonly taints?: Readonly<Record<string, string>>;
}

const keys = { labels: "nodeLabels", annotations: "nodeAnnotations", taints: "nodeTaints" } as const;

/**
 * What patches declare together, applied in their order as Talos applies them: a later one wins key by key, and
 * `$patch: delete` takes back what came before.
 */
export function nodeMetadata(patches: readonly Readonly<Record<string, unknown>>[]): NodeMetadata {
  const of = (key: string): Readonly<Record<string, string>> =>
    patches.reduce<Readonly<Record<string, string>>>(
      (before, patch) => patched(before, objectAt(patch["machine"])[key]),
      {},
    );
  return Object.fromEntries(
    Object.entries(keys)
      .map(([name, key]) => [name, of(key)] as const)
      .filter(([, values]) => Object.keys(values).length > 0),
  );
}

function patched(before: Readonly<Record<string, string>>, patch: unknown): Readonly<Record<string, string>> {
  const { $patch: directive, ...values } = objectAt(patch);
  if (directive === "delete") return {};
  // A value that is no text is refused by Talos itself.
  const own = Object.entries(values).map(([key, value]) => [key, String(value)] as const);
  return { ...(directive === "replace" ? {} : before), ...Object.fromEntries(own) };
}

function objectAt(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** A taint of a Node. Source: Kubernetes' core/v1 Taint. */
export interface Taint {
  readonly key: string;
  /** Not there or empty for none. */
  readonly value?: string;
  /** e.g. `NoSchedule` */
  readonly effect: string;
}

/** A taint from Talos' form. Source: siderolabs/talos node_taint_spec.go. */
export function taintOf(key: string, text: string): Taint {
  const at = text.indexOf(":");
  return at < 0 ? { key, effect: text } : { key, value: text.slice(0, at), effect: text.slice(at + 1) };
}

/** Whether two taints are the same one. */
export function isSameTaint(one: Taint, other: Taint): boolean {
  return one.key === other.key && (one.value ?? "") === (other.value ?? "") && one.effect === other.effect;
}

/** A taint for people, as kubectl writes it, e.g. `dedicated=gpu:NoSchedule`. */
export function shownTaint({ key, value = "", effect }: Taint): string {
  return `${key}${value === "" ? "" : `=${value}`}:${effect}`;
}

const kubeletLabels = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
]);

/**
 * Whether a kubelet may not set this label on its own Node, e.g. `node-role.kubernetes.io/gpu`. Source:
 * kubernetes/kubernetes plugin/pkg/admission/noderestriction, k8s.io/kubelet pkg/apis/well_known_labels.go.
 */
export function isForbiddenLabel(label: string): boolean {
  const at = label.indexOf("/");
  const namespace = at < 0 ? "" : label.slice(0, at);
  const isOf = (suffix: string): boolean => namespace === suffix || namespace.endsWith(`.${suffix}`);
  if (isOf("node-restriction.kubernetes.io")) return true;
  if (kubeletLabels.has(label) || isOf("kubelet.kubernetes.io") || isOf("node.kubernetes.io")) return false;
  return isOf("kubernetes.io") || isOf("k8s.io");
}
