// What really runs in a lab.
import type { KubeObject } from "./handOffFacts.ts";
import type { TestLab } from "./testLab.ts";

/** Talos of every machine of the cluster, in the lab's order. */
export async function talosVersions(lab: TestLab): Promise<readonly string[]> {
  return (await lab.status()).machines.filter(({ role }) => role !== undefined).map(({ talos }) => talos);
}

/** Kubernetes of every node, by its kubelet. */
export async function kubelets(lab: TestLab): Promise<readonly string[]> {
  return (await lab.get<{ items: KubeObject[] }>(["nodes"])).items.map(
    ({ status }) => (status as unknown as { nodeInfo: { kubeletVersion: string } }).nodeInfo.kubeletVersion,
  );
}

/** Cilium of the agents, e.g. `1.20.1`. */
export async function ciliumVersion(lab: TestLab): Promise<string> {
  const { spec } = await lab.get<KubeObject>(["daemonset", "cilium", "-n", "kube-system"]);
  return /"image":"[^"]*:v([\d.]+)"/.exec(JSON.stringify(spec))?.[1] ?? "";
}

/** Flux of its controllers, by their labels, each version once. */
export async function fluxVersions(lab: TestLab): Promise<readonly string[]> {
  const { items } = await lab.get<{ items: KubeObject[] }>(["deployments", "-n", "flux-system"]);
  return [...new Set(items.map(({ metadata }) => metadata.labels?.["app.kubernetes.io/version"] ?? ""))];
}

/** Names of the nodes that are not Ready. */
export async function notReady(lab: TestLab): Promise<readonly string[]> {
  return (await lab.get<{ items: KubeObject[] }>(["nodes"])).items
    .filter(
      ({ status }) =>
        status?.conditions?.some(({ type, status: state }) => type === "Ready" && state === "True") !== true,
    )
    .map(({ metadata }) => metadata.name);
}
