// A machine's Node as its kubelet writes it. Pure.
import { ports } from "../layout.ts";
import type { LabObject } from "./kubeApi.ts";
import type { MachineConfig } from "../talos/config.ts";

const controlPlaneRole = "node-role.kubernetes.io/control-plane";

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** The Node with which the kubelet registers: taints it may set only now, labels and annotations follow from Talos. */
export function nodeObject(config: MachineConfig): Record<string, unknown> {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: config.hostname,
      labels: {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": config.hostname,
        "kubernetes.io/os": "linux",
      },
    },
    spec: { taints: taintsOf(config) },
  };
}

function taintsOf(config: MachineConfig): Taint[] {
  const taints = Object.entries(config.nodeTaints).map(([key, text]): Taint => {
    const [value = "", effect = ""] = text.includes(":") ? text.split(":") : ["", text];
    return { key, ...(value === "" ? {} : { value }), effect };
  });
  if (config.type === "controlplane" && !config.allowSchedulingOnControlPlanes)
    taints.push({ key: controlPlaneRole, effect: "NoSchedule" });
  return taints;
}

/** Where Talos notes which of a Node's labels, annotations and taints are its own, to take back what leaves the config. */
const owned = {
  labels: "talos.dev/owned-labels",
  annotations: "talos.dev/owned-annotations",
  taints: "talos.dev/owned-taints",
} as const;

/**
 * The Node as Talos makes it by its config. What somebody else has set to another value stays theirs.
 * Source: siderolabs/talos v1.12 internal/app/machined/pkg/controllers/k8s/node_apply.go
 */
export function applied(config: MachineConfig, node: LabObject): LabObject {
  const { metadata } = node;
  const role: Readonly<Record<string, string>> =
    config.type === "controlplane" ? { [controlPlaneRole]: "" } : {};
  const labels = taken(metadata.labels, ownedOf(node, "labels"), { ...role, ...config.nodeLabels });
  const annotations = taken(metadata.annotations, ownedOf(node, "annotations"), config.nodeAnnotations);
  const taints = takenTaints(node, ownedOf(node, "taints"), taintsOf(config));
  const notes = { labels: labels.owned, annotations: annotations.owned, taints: taints.owned };
  const all = { ...annotations.values };
  for (const [kind, annotation] of Object.entries(owned)) {
    const names = notes[kind as keyof typeof owned];
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy of our own
    if (names.length === 0) delete all[annotation];
    else all[annotation] = JSON.stringify([...names].sort());
  }
  const { taints: _before, ...spec } = node.spec ?? {};
  return {
    ...node,
    metadata: { ...metadata, labels: labels.values, annotations: all },
    spec: { ...spec, ...(taints.values.length === 0 ? {} : { taints: taints.values }) },
  };
}

function ownedOf(node: LabObject, kind: keyof typeof owned): ReadonlySet<string> {
  const text = node.metadata.annotations?.[owned[kind]] ?? "[]";
  return new Set(JSON.parse(text) as readonly string[]);
}

function taken(
  before: Readonly<Record<string, string>> = {},
  ours: ReadonlySet<string>,
  wanted: Readonly<Record<string, string>>,
): { readonly values: Record<string, string>; readonly owned: readonly string[] } {
  const kept = Object.entries(before).filter(([key]) => key in wanted || !ours.has(key));
  const values = Object.fromEntries(kept);
  const own = Object.entries(wanted).filter(
    ([key, value]) => ours.has(key) || values[key] === undefined || values[key] === value,
  );
  return { values: { ...values, ...Object.fromEntries(own) }, owned: own.map(([key]) => key) };
}

function takenTaints(
  node: LabObject,
  ours: ReadonlySet<string>,
  wanted: readonly Taint[],
): { readonly values: readonly Taint[]; readonly owned: readonly string[] } {
  const before = (node.spec?.["taints"] ?? []) as readonly Taint[];
  const find = (taints: readonly Taint[], key: string): Taint | undefined =>
    taints.find((taint) => taint.key === key);
  const own = wanted.filter((taint) => {
    const found = find(before, taint.key);
    return found === undefined || ours.has(taint.key) || sameTaint(found, taint);
  });
  const kept = before
    .filter(({ key }) => !ours.has(key) || find(wanted, key) !== undefined)
    .map((taint) => {
      const mine = find(own, taint.key);
      return mine === undefined ? taint : { ...taint, ...mine };
    });
  const added = own.filter(({ key }) => find(before, key) === undefined);
  return { values: [...kept, ...added], owned: own.map(({ key }) => key) };
}

function sameTaint(one: Taint, other: Taint): boolean {
  return (one.value ?? "") === (other.value ?? "") && one.effect === other.effect;
}

/** What a status is made of. */
export interface NodeFacts {
  readonly config: MachineConfig;
  readonly address: string;
  readonly talosVersion: string;
  /** Of the machine's boot: a Node that still says the one before has not been written since. */
  readonly bootId: string;
  /** Whether a network plugin runs on the machine. */
  readonly ready: boolean;
  readonly since: Date;
}

/** The Node's status. */
export function nodeStatus({
  config,
  address,
  talosVersion,
  bootId,
  ready,
  since,
}: NodeFacts): Record<string, unknown> {
  const now = since.toISOString().replace(/\.\d+Z$/, "Z");
  const pressure = (type: string, reason: string, message: string): Record<string, string> => ({
    type,
    status: "False",
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  const resources = { cpu: "4", memory: "8123456Ki", pods: "110", "ephemeral-storage": "60000000Ki" };
  return {
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: config.hostname },
    ],
    capacity: resources,
    allocatable: resources,
    conditions: [
      pressure("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
      pressure("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
      pressure("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
      {
        type: "Ready",
        status: ready ? "True" : "False",
        reason: ready ? "KubeletReady" : "KubeletNotReady",
        message: ready
          ? "kubelet is posting ready status"
          : "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: ports.kubelet } },
    nodeInfo: {
      architecture: "amd64",
      bootID: bootId,
      containerRuntimeVersion: "containerd://2.1.5",
      kernelVersion: "6.18.0-talos",
      kubeProxyVersion: "",
      kubeletVersion: config.kubelet.version,
      machineID: "",
      operatingSystem: "linux",
      osImage: `Talos (${talosVersion})`,
      systemUUID: "",
    },
  };
}
