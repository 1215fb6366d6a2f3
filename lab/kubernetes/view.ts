// What the machines want to know of Kubernetes, for `talosctl health` and their own readiness.
import type { KubernetesView } from "../talos/options.ts";
import { staticPodNames } from "../talos/config/staticPods.ts";
import type { KubeApi, LabObject } from "./kubeApi.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** A view through whatever API there is at the moment. */
export function viewOf(api: () => KubeApi | undefined): KubernetesView {
  const connected = (): KubeApi => {
    const found = api();
    if (found === undefined) throw new Error("the Kubernetes API does not answer");
    return found;
  };
  return {
    nodes: async () =>
      (await connected().list("/api/v1/nodes")).map((node) => {
        const addresses = (node.status?.["addresses"] ?? []) as readonly { type: string; address: string }[];
        return {
          name: node.metadata.name,
          internalIP: addresses.find(({ type }) => type === "InternalIP")?.address ?? "",
          ready: isReady(node),
          controlPlane: node.metadata.labels?.["node-role.kubernetes.io/control-plane"] !== undefined,
          schedulable: node.spec?.["unschedulable"] !== true,
        };
      }),
    controlPlanePodsReady: async () => {
      const pods = await connected().list(
        "/api/v1/namespaces/kube-system/pods?labelSelector=tier%3Dcontrol-plane",
      );
      const missing = staticPodNames.filter(
        (name) => !pods.some((pod) => pod.metadata.labels?.["component"] === name && isReady(pod)),
      );
      return missing.length === 0 ? undefined : `missing static pods: ${missing.join(", ")}`;
    },
    workload: async (app) => {
      const pods = await connected().list(
        `/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3D${app}`,
      );
      if (pods.length === 0) return "absent";
      const waiting = pods.filter((pod) => !isReady(pod)).map(({ metadata }) => metadata.name);
      return waiting.length === 0 ? "ready" : `not ready: ${waiting.join(", ")}`;
    },
  };
}

/** Whether the Ready condition of a Node or a Pod is true. */
export function isReady(object: LabObject): boolean {
  const conditions = (object.status?.["conditions"] ?? []) as readonly Condition[];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

/** Whether all containers of a pod run, whatever the cluster has marked it as meanwhile. */
export function containersRun(pod: LabObject): boolean {
  const containers = (pod.status?.["containerStatuses"] ?? []) as readonly { readonly ready: boolean }[];
  return containers.length > 0 && containers.every(({ ready }) => ready);
}
