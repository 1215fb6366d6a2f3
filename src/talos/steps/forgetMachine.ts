// Takes a machine whose hardware is dead out of etcd and out of Kubernetes, without asking it anything.
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { memberName } from "../identity/memberName.ts";
import { look } from "../machine/inspect.ts";
import { leaveCluster } from "../membership/leave.ts";
import { clusterApi } from "../kubernetes/clusterApi.ts";
import type { forgetMachine as contract } from "../contracts.ts";

/** @throws StepError when it answers, or the cluster cannot do without it */
export async function forgetMachine(
  step: Step,
  input: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, input.talosconfigText), api = clusterApi } = {},
): Promise<string> {
  const { node: machine, controlPlanes } = input;
  const { found } = await look(talosctl, machine);
  // Its address may be that of another member by now.
  if (found === "member" && [machine.name, undefined].includes(await memberName(talosctl, machine)))
    throw new StepError(
      `${machine.name} is called gone, but answers at ${machine.address} as a member of this cluster`,
      "switch it off for good, or remove gone from it: without gone it leaves properly and is wiped",
    );
  const kubernetes = await api(step, talosctl, controlPlanes);
  if (kubernetes === undefined)
    throw new StepError(
      `${machine.name} cannot be forgotten: no control plane answers for the cluster`,
      "switch a control plane on, or look at its console why it does not answer, then run pulumi up again",
    );
  return leaveCluster({ step, talosctl, kubernetes, machine, controlPlanes, runs: false, drainSeconds: 0 });
}
