// Takes a machine whose hardware is dead out of etcd and out of Kubernetes, without asking it anything.
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import type { forgetMachine as contract } from "../contracts.ts";
import { hostname } from "../identity/ask.ts";
import { clusterApi } from "../kubernetes/clusterApi.ts";
import { look } from "../machine/inspect.ts";
import { leaveCluster } from "../membership/leave.ts";

/** @throws StepError when it answers, or the cluster cannot do without it */
export async function forgetMachine(
  step: Step,
  { node: machine, controlPlanes, talosconfigText }: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, talosconfigText), api = clusterApi } = {},
): Promise<string> {
  const { name, address } = machine;
  const { found } = await look(talosctl, machine);
  // Its address may be that of another member by now.
  if (found === "member" && [name, undefined].includes((await hostname(talosctl, machine)).name))
    throw new StepError(
      `${name} is called gone, but answers at ${address} as a member of this cluster`,
      "switch it off for good, or remove gone from it: without gone it leaves properly and is wiped",
    );
  const cluster = { step, talosctl, controlPlanes };
  const kubernetes = await api(cluster);
  if (kubernetes === undefined)
    throw new StepError(
      `${name} cannot be forgotten: no control plane answers for the cluster`,
      "switch a control plane on, or look at its console why it does not answer, then run pulumi up again",
    );
  return leaveCluster({ ...cluster, kubernetes, machine, runs: false, drainSeconds: 0 });
}
