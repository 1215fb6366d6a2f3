// Looks at one machine before anything is sent to it, and refuses what must not be touched: a machine of another
// cluster, somebody else's address, another machine of this cluster, a machine that is off, one that was wiped without
// anybody saying so. Changes nothing.
import { runStep } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { requireItself } from "../identity/memberName.ts";
import { inspect, type Machine } from "../inspect.ts";
import { refuseReimaged } from "../membership/anew.ts";
import { clusterApi } from "../upgrade/clusterApi.ts";

await runStep({ name: "inspect machine", timeoutSeconds: 90 }, async (step) => {
  const machine = { name: step.input("NODE_NAME"), address: step.input("NODE_ADDRESS") };
  const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
  const version = await inspect(step, talosctl, machine);
  if (version === undefined) {
    const kubernetes = await clusterApi(step, talosctl, step.json<readonly Machine[]>("CONTROL_PLANES"));
    const generation = Number(step.input("GENERATION"));
    if (kubernetes !== undefined) await refuseReimaged({ kubernetes, machine, generation });
  } else {
    const todo = `a machine keeps its name: write its own name at ${machine.address}, or the address of ${machine.name}; to have it under another name remove its line, run pulumi up, which wipes it, then add ${machine.name}`;
    await requireItself(step, talosctl, machine, todo);
  }
  return version === undefined
    ? `${machine.name} (${machine.address}) is in maintenance mode, ready for its config`
    : `${machine.name} (${machine.address}) is a member of this cluster, Talos ${version}`;
});
