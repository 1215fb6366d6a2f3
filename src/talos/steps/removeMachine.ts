// Takes a machine out of its cluster before it is wiped: run when it is removed from the stack config, with what the last
// run knew. `pulumi destroy` does not run it: of a cluster that goes as a whole nothing has to be kept.
import type { InputOf } from "../../steps/contract.ts";
import { performStep, type Step } from "../../steps/step.ts";
import { messageOf, StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { removeMachine as contract } from "../contracts.ts";
import { requireItself } from "../identity/ask.ts";
import { clusterApi } from "../kubernetes/clusterApi.ts";
import { inspect } from "../machine/inspect.ts";
import { leaveCluster } from "../membership/leave.ts";

/** @throws StepError before anything is changed when it cannot leave */
export async function removeMachine(
  step: Step,
  { node: machine, controlPlanes, drainSeconds, talosconfigText }: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, talosconfigText), api = clusterApi } = {},
): Promise<string> {
  const { name, address } = machine;
  const others = controlPlanes.filter((one) => one.name !== name);
  const cluster = { step, talosctl, controlPlanes: others };
  const kubernetes = await api(cluster);
  if (kubernetes === undefined)
    throw new StepError(
      `${name} cannot leave: no other control plane answers for the cluster`,
      "put it back into nodes; when the cluster is whole again, remove it again",
    );
  const callGone = `put ${name} back into nodes with address ${address} and gone: true, run pulumi up, and remove it then`;
  // Nobody can ask it to leave, or to wipe itself; whether it is dead only its owner knows.
  const todo = `when the hardware is dead, ${callGone}; otherwise switch it on and run pulumi up again`;
  const hardwareGone = (found: string): never => {
    throw new StepError(found, todo);
  };
  const version = await inspect(cluster, machine).catch((error: unknown) => hardwareGone(messageOf(error)));
  if (version === undefined) hardwareGone(`${name} was wiped already`);
  // Its config is deleted after this, which wipes whoever has its address.
  await requireItself(cluster, machine, callGone);
  return leaveCluster({ ...cluster, kubernetes, machine, runs: true, drainSeconds });
}

// States of versions before decision 0027 name this file in what they run when a machine is removed.
if (import.meta.main) await performStep(contract, async () => removeMachine);
