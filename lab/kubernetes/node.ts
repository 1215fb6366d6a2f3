// A machine's Node as its kubelet writes it. Pure.
import { ports } from "../layout.ts";
import type { MachineConfig } from "../talos/config.ts";

/** Label of every control plane, and taint of those that keep pods away. */
export const controlPlaneRole = "node-role.kubernetes.io/control-plane";

/**
 * The Node with which the kubelet registers. What the config says of labels, annotations and taints is Talos' part
 * (nodeApply.ts), except the one taint that must be there from the beginning.
 * Source: siderolabs/talos v1.12 controllers/k8s/kubelet_spec.go
 */
export function nodeObject(config: MachineConfig): Record<string, unknown> {
  const keepsPodsAway = config.type === "controlplane" && !config.allowSchedulingOnControlPlanes;
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
    spec: { taints: keepsPodsAway ? [{ key: controlPlaneRole, value: "", effect: "NoSchedule" }] : [] },
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
