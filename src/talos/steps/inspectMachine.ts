// Looks at one machine before anything is sent to it, and refuses what must not be touched: a machine of another
// cluster, somebody else's address, another machine of this cluster, a machine that is off, one that was wiped without
// anybody saying so. Changes nothing.
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import type { inspectMachine as contract } from "../contracts.ts";
import { requireItself } from "../identity/ask.ts";
import { clusterApi } from "../kubernetes/clusterApi.ts";
import { inspect } from "../machine/inspect.ts";
import { refuseReimaged } from "../membership/anew.ts";

/** @throws StepError saying why the machine must not be touched */
export async function inspectMachine(
  step: Step,
  { node: machine, generation, controlPlanes, talosconfigText }: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, talosconfigText), api = clusterApi } = {},
): Promise<string> {
  const { name, address } = machine;
  const cluster = { step, talosctl, controlPlanes };
  const version = await inspect(cluster, machine);
  if (version === undefined) {
    const kubernetes = await api(cluster);
    if (kubernetes !== undefined) await refuseReimaged({ kubernetes, machine, generation });
    return `${name} (${address}) is in maintenance mode, ready for its config`;
  }
  await requireItself(
    cluster,
    machine,
    `a machine keeps its name: write its own name at ${address}, or the address of ${name}; to have it under another name remove its line, run pulumi up, which wipes it, then add ${name}`,
  );
  return `${name} (${address}) is a member of this cluster, Talos ${version}`;
}
