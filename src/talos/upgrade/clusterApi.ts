// The cluster's Kubernetes API for steps that come before the kubeconfig of a run is there.
import { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../inspect.ts";

/** A client through a control plane that gives a kubeconfig; undefined before the cluster is bootstrapped. */
export async function clusterApi(
  step: Step,
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<Kubernetes | undefined> {
  for (const { address } of controlPlanes) {
    const members = await talosctl.run(address, ["etcd", "members"]);
    if (members.code !== 0) continue;
    const file = step.secretFile("kubeconfig", "");
    const result = await talosctl.run(address, ["kubeconfig", file, "--force", "--merge=false"]);
    if (result.code !== 0) continue;
    return Kubernetes.fromFile(file, (secret) => {
      step.hide(secret);
    });
  }
  return undefined;
}
