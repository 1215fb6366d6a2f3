// A machine's Node as its kubelet writes it. Pure.
import { ports } from "../layout.ts";
import type { LabObject } from "./kubeApi.ts";
import type { MachineConfig } from "../talos/config.ts";

const controlPlaneRole = "node-role.kubernetes.io/control-plane";

/** The Node with which the kubelet registers. */
export function nodeObject(config: MachineConfig): Record<string, unknown> {
  const isControlPlane = config.type === "controlplane";
  const taints = Object.entries(config.nodeTaints).map(([key, value]) => {
    const [text = "", effect = text] = value.split(":");
    return { key, value: effect === text ? "" : text, effect };
  });
  if (isControlPlane && !config.allowSchedulingOnControlPlanes)
    taints.push({ key: controlPlaneRole, value: "", effect: "NoSchedule" });
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
        ...(isControlPlane ? { [controlPlaneRole]: "" } : {}),
        ...config.nodeLabels,
      },
      annotations: { ...config.nodeAnnotations, ...ownership(config) },
    },
    spec: { taints },
  };
}

const owned = { labels: "talos.dev/owned-labels", annotations: "talos.dev/owned-annotations" } as const;

/** What Talos notes about the labels and annotations that come from the config, to take back what leaves it. */
function ownership(config: MachineConfig): Record<string, string> {
  return {
    [owned.labels]: JSON.stringify(Object.keys(config.nodeLabels).sort()),
    [owned.annotations]: JSON.stringify(Object.keys(config.nodeAnnotations).sort()),
  };
}

/**
 * The merge patch that brings a registered Node to its config.
 * Source: siderolabs/talos v1.12 internal/app/machined/pkg/controllers/k8s/node_apply.go
 */
export function ownedChanges(config: MachineConfig, node: LabObject): Record<string, unknown> {
  const gone = (annotation: string, wanted: Readonly<Record<string, string>>): Record<string, null> => {
    const before = JSON.parse(node.metadata.annotations?.[annotation] ?? "[]") as readonly string[];
    return Object.fromEntries(before.filter((key) => !(key in wanted)).map((key) => [key, null]));
  };
  return {
    metadata: {
      labels: { ...gone(owned.labels, config.nodeLabels), ...config.nodeLabels },
      annotations: {
        ...gone(owned.annotations, config.nodeAnnotations),
        ...config.nodeAnnotations,
        ...ownership(config),
      },
    },
  };
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
