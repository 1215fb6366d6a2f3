// Looks at one machine before anything is sent to it, and refuses what must not be touched: a machine of another
// cluster, somebody else's address, a machine that is off. Changes nothing.
import { runStep } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { inspect } from "../inspect.ts";

await runStep({ name: "inspect machine", timeoutSeconds: 90 }, async (step) => {
  const machine = { name: step.input("NODE_NAME"), address: step.input("NODE_ADDRESS") };
  const version = await inspect(step, new Talosctl(step, step.secret("TALOSCONFIG_TEXT")), machine);
  return version === undefined
    ? `${machine.name} (${machine.address}) is in maintenance mode, ready for its config`
    : `${machine.name} (${machine.address}) is a member of this cluster, Talos ${version}`;
});
