// The mirror of a static pod, which a kubelet keeps at the API server so that people see it. Pure.
import type { StaticPod } from "../talos/runtime.ts";
import type { LabObject } from "./kubeApi.ts";

/** Label that tells the players of pods (pods.ts) to leave a pod alone. */
export const mirrorTier = "control-plane";

/** Annotations that Talos writes into the static pod: what it was made of. */
const annotations = {
  config: "talos.dev/config-version",
  secrets: "talos.dev/secrets-version",
  files: "talos.dev/config-file-version",
} as const;

/**
 * The mirror pod with its status.
 * @param nodeName e.g. `k8s-1`
 * @param address the machine's
 */
export function mirrorPod(pod: StaticPod, nodeName: string, address: string): LabObject {
  const { name, image, versions, hash, ready } = pod;
  const started = seconds(pod.started);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${nodeName}`,
      namespace: "kube-system",
      labels: { tier: mirrorTier, "k8s-app": name, component: name },
      annotations: {
        "kubernetes.io/config.hash": hash,
        "kubernetes.io/config.mirror": hash,
        "kubernetes.io/config.source": "http",
        [annotations.secrets]: versions.secrets,
        ...(name === "kube-apiserver" ? { [annotations.files]: versions.files } : {}),
        [annotations.config]: versions.config,
      },
    },
    spec: {
      nodeName,
      hostNetwork: true,
      priorityClassName: "system-cluster-critical",
      tolerations: [{ operator: "Exists", effect: "NoExecute" }],
      containers: [{ name, image }],
    },
    status: {
      phase: "Running",
      hostIP: address,
      podIP: address,
      startTime: started,
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
        type,
        status: ready || !type.endsWith("Ready") ? "True" : "False",
        lastTransitionTime: seconds(new Date()),
      })),
      containerStatuses: [
        {
          name,
          image,
          imageID: "",
          ready,
          started: ready,
          restartCount: 0,
          state: { running: { startedAt: started } },
        },
      ],
    },
  };
}

function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
