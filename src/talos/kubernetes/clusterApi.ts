// The cluster's Kubernetes API for steps that come before the kubeconfig of a run is there.
import { readFileSync } from "node:fs";
import { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../machine/inspect.ts";
import { askEtcd, isThereEtcd } from "../etcd/etcdPresence.ts";
import { reachableApi } from "./reachableApi.ts";

/**
 * Whether there is a cluster that has to be taken care of. An etcd that is ill or has lost its quorum is one.
 * @throws StepError when a control plane does not say it: it would be taken for none, and nothing would be taken care of
 */
export async function isBootstrapped(
  step: Step,
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<boolean> {
  return isThereEtcd(step, talosctl, controlPlanes, {
    why: "nothing is changed as long as it is not known whether a cluster has to be taken care of",
  });
}

/**
 * A client through a control plane that gives a kubeconfig; undefined when none of them says now that there is a cluster.
 * @throws StepError when there is a cluster and none of its control planes gives one
 */
export async function clusterApi(
  step: Step,
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<Kubernetes | undefined> {
  const answers = await askEtcd(talosctl, controlPlanes);
  return answers.some(({ says }) => says === "runs" || says === "stopped")
    ? anyApi(step, talosctl, controlPlanes)
    : undefined;
}

/**
 * The same where undefined means that there is no cluster, and that nothing of one has to be taken care of.
 * @throws StepError as {@link clusterApi} and {@link isBootstrapped}
 */
export async function clusterApiOnceKnown(
  step: Step,
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<Kubernetes | undefined> {
  return (await isBootstrapped(step, talosctl, controlPlanes))
    ? anyApi(step, talosctl, controlPlanes)
    : undefined;
}

/**
 * A client of a cluster that exists.
 * @throws StepError when none of its control planes gives a kubeconfig
 */
export async function anyApi(
  step: Step,
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<Kubernetes> {
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
    "mend that, then run pulumi up again",
  );
}
