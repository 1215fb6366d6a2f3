// The cluster's Kubernetes API for steps that come before the kubeconfig of a run is there.
import { readFileSync } from "node:fs";
import { Kubernetes } from "../../steps/kubernetes.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf } from "../../steps/talosctl.ts";
import type { ClusterView } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";
import { askEtcd, hasEtcd, isThereEtcd } from "../etcd/etcdPresence.ts";

/** An API server that takes longer for its version is none. */
export const apiAnswerMs = 5_000;

/**
 * Whether there is a cluster that has to be taken care of. An etcd that is ill or has lost its quorum is one.
 * @throws StepError when a control plane does not say it: it would be taken for none, and nothing would be taken care of
 */
export async function isBootstrapped(cluster: ClusterView): Promise<boolean> {
  return isThereEtcd(cluster, {
    why: "nothing is changed as long as it is not known whether a cluster has to be taken care of",
  });
}

/** A client, see {@link anyApi}; undefined when no control plane says now that there is a cluster. */
export async function clusterApi(cluster: ClusterView): Promise<Kubernetes | undefined> {
  return hasEtcd(await askEtcd(cluster)) ? anyApi(cluster) : undefined;
}

/** The same where undefined means that there is no cluster, see {@link isBootstrapped}. */
export async function clusterApiOnceKnown(cluster: ClusterView): Promise<Kubernetes | undefined> {
  return (await isBootstrapped(cluster)) ? anyApi(cluster) : undefined;
}

/** A client of a cluster that exists. @throws StepError when none of its control planes gives a kubeconfig */
export async function anyApi({ step, talosctl, controlPlanes }: ClusterView): Promise<Kubernetes> {
  const refusals: string[] = [];
  for (const { name, address } of controlPlanes) {
    const file = step.secretFile("kubeconfig", "");
    const result = await talosctl.run(address, ["kubeconfig", file, "--force", "--merge=false"]);
    if (result.code === 0) {
      const kubeconfig = readFileSync(file, "utf8");
      step.hide(kubeconfig);
      return reachableApi(new Kubernetes(kubeconfig, step), controlPlanes);
    }
    refusals.push(`${name}: ${reasonOf(result)}`);
  }
  throw new StepError(
    `no control plane gives a kubeconfig: ${refusals.join("; ")}`,
    "fix that, then run pulumi up again",
  );
}

/**
 * The client itself when its address answers, otherwise one of the first control plane that does; itself when none does. While
 * the endpoint moves, it may be held by nobody yet, or by nobody any more.
 */
export async function reachableApi(
  kubernetes: Kubernetes,
  controlPlanes: readonly MachineRef[],
): Promise<Kubernetes> {
  try {
    await kubernetes.within(apiAnswerMs).version();
    return kubernetes;
  } catch {
    const ways = controlPlanes.map(async ({ address }) => {
      await kubernetes.at(address, apiAnswerMs).version();
      return kubernetes.at(address);
    });
    // Whoever waits for the API says what is wrong with it.
    return Promise.any(ways).catch(() => kubernetes);
  }
}
