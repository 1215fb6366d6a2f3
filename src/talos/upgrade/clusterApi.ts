// The cluster's Kubernetes API for steps that come before the kubeconfig of a run is there.
import { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../inspect.ts";

/** Where Talos keeps etcd's data; made by `bootstrap` or by joining. Source: siderolabs/talos constants.EtcdDataPath. */
const etcdData = "/var/lib/etcd/member";

/**
 * Whether etcd has ever begun on one of the control planes. One that is ill or has lost its quorum answers nothing, and
 * must not be taken for one that is still to come: then there would be nothing to take care of.
 */
export async function isBootstrapped(
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<boolean> {
  const found = await Promise.all(
    controlPlanes.map(
      async ({ address }) =>
        (await talosctl.run(address, ["etcd", "members"])).code === 0 ||
        (await talosctl.run(address, ["list", etcdData])).code === 0,
    ),
  );
  return found.includes(true);
}

/**
 * A client through a control plane that gives a kubeconfig; undefined before the cluster is bootstrapped.
 * @throws StepError when there is a cluster and none of its control planes gives one
 */
export async function clusterApi(
  step: Step,
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<Kubernetes | undefined> {
  if (!(await isBootstrapped(talosctl, controlPlanes))) return undefined;
  const refusals: string[] = [];
  for (const { name, address } of controlPlanes) {
    const file = step.secretFile("kubeconfig", "");
    const result = await talosctl.run(address, ["kubeconfig", file, "--force", "--merge=false"]);
    if (result.code === 0)
      return Kubernetes.fromFile(file, (secret) => {
        step.hide(secret);
      });
    refusals.push(`${name}: ${reasonOf(result)}`);
  }
  throw new StepError(
    `no control plane gives a kubeconfig: ${refusals.join("; ")}`,
    "mend that, then run pulumi up again",
  );
}
