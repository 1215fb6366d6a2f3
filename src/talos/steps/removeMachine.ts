// Takes a machine out of its cluster before it is wiped: run when it is removed from the stack config, with what the last
// run knew. `pulumi destroy` does not run it, a cluster that goes as a whole needs no manners.
import type { InputOf } from "../../steps/contract.ts";
import { performStep, type Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { requireItself } from "../identity/memberName.ts";
import { inspect, type Machine } from "../machine/inspect.ts";
import { leaveCluster } from "../membership/leave.ts";
import { clusterApi } from "../kubernetes/clusterApi.ts";
import { removeMachine as contract } from "../contracts.ts";

/** @throws StepError before anything is changed when it cannot leave */
export async function removeMachine(
  step: Step,
  input: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, input.talosconfigText), api = clusterApi } = {},
): Promise<string> {
  const { node: machine, controlPlanes, drainSeconds } = input;
  const others = controlPlanes.filter(({ name }) => name !== machine.name);
  const kubernetes = await api(step, talosctl, others);
  if (kubernetes === undefined)
    throw new StepError(
      `${machine.name} cannot leave: no other control plane answers for the cluster`,
      "put it back into nodes; when the cluster is whole again, remove it again",
    );
  const version = await inspect(step, talosctl, machine).catch((error: unknown) => {
    throw hardwareGone(machine, error instanceof Error ? error.message : String(error));
  });
  if (version === undefined) throw hardwareGone(machine, `${machine.name} was wiped already`);
  // Its config is deleted after this, which wipes whoever has its address.
  await requireItself(step, talosctl, machine, callGone(machine));
  return leaveCluster({
    step,
    talosctl,
    kubernetes,
    machine,
    controlPlanes,
    runs: true,
    drainSeconds,
  });
}

/** Nobody can ask it to leave, or to wipe itself; whether it is dead only its owner knows. */
function hardwareGone(machine: Machine, found: string): StepError {
  return new StepError(
    found,
    `when the hardware is dead, ${callGone(machine)}; otherwise switch it on and run pulumi up again`,
  );
}

function callGone({ name, address }: Machine): string {
  return `put ${name} back into nodes with address ${address} and gone: true, run pulumi up, and remove it then`;
}

// States of versions before decision 0027 name this file in what they run when a machine is removed.
if (import.meta.main) await performStep(contract, async () => removeMachine);
