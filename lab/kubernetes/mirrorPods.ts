// The mirror of a static pod, which a kubelet keeps at the API server so that people see it. Pure.
import { createHash } from "node:crypto";
import type { ComponentImage, MachineConfig } from "../talos/config.ts";
import { componentVersion } from "../talos/config/componentVersion.ts";
import type { LabObject } from "./kubeApi.ts";

/** Label that tells the players of pods (pods.ts) to leave a pod alone. */
export const mirrorTier = "control-plane";

/**
 * The mirror pod with its status.
 * @param name e.g. `kube-apiserver`
 */
export function mirrorPod(name: string, config: MachineConfig, address: string): LabObject {
  const image = imageOf(name, config);
  const started = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  // Changes with what the static pod is made of, so that a new version is seen as a new pod.
  const hash = createHash("sha256").update(JSON.stringify(image)).digest("hex").slice(0, 32);
  const condition = (type: string): object => ({ type, status: "True", lastTransitionTime: started });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${config.hostname}`,
      namespace: "kube-system",
      labels: { tier: mirrorTier, "k8s-app": name, component: name },
      annotations: {
        "kubernetes.io/config.hash": hash,
        "kubernetes.io/config.mirror": hash,
        "kubernetes.io/config.source": "file",
        "talos.dev/config-version": componentVersion(image),
      },
    },
    spec: {
      nodeName: config.hostname,
      hostNetwork: true,
      priorityClassName: "system-cluster-critical",
      tolerations: [{ operator: "Exists", effect: "NoExecute" }],
      containers: [{ name, image: image.image }],
    },
    status: {
      phase: "Running",
      hostIP: address,
      podIP: address,
      startTime: started,
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition),
      containerStatuses: [
        {
          name,
          image: image.image,
          imageID: "",
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt: started } },
        },
      ],
    },
  };
}

function imageOf(name: string, config: MachineConfig): ComponentImage {
  if (name === "kube-apiserver") return config.apiServer;
  return name === "kube-scheduler" ? config.scheduler : config.controllerManager;
}
