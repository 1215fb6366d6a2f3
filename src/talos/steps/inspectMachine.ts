// Looks at one machine before anything is sent to it, and refuses what must not be touched: a machine of another
// cluster, somebody else's address, another machine of this cluster, a machine that is off, one that was wiped without
// anybody saying so. Changes nothing.
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { requireItself } from "../identity/memberName.ts";
import { inspect } from "../machine/inspect.ts";
import { refuseReimaged } from "../membership/anew.ts";
import { clusterApi } from "../kubernetes/clusterApi.ts";
import type { inspectMachine as contract } from "../contracts.ts";

/** @throws StepError saying why the machine must not be touched */
export async function inspectMachine(
  step: Step,
  input: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, input.talosconfigText), api = clusterApi } = {},
): Promise<string> {
  const { node: machine, generation, controlPlanes } = input;
  const version = await inspect(step, talosctl, machine);
  if (version === undefined) {
    const kubernetes = await api(step, talosctl, controlPlanes);
    if (kubernetes !== undefined) await refuseReimaged({ kubernetes, machine, generation });
  } else {
    const todo = `a machine keeps its name: write its own name at ${machine.address}, or the address of ${machine.name}; to have it under another name remove its line, run pulumi up, which wipes it, then add ${machine.name}`;
    await requireItself(step, talosctl, machine, todo);
  }
  return version === undefined
    ? `${machine.name} (${machine.address}) is in maintenance mode, ready for its config`
    : `${machine.name} (${machine.address}) is a member of this cluster, Talos ${version}`;
}
