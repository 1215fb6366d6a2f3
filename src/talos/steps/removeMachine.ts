// Takes a machine out of its cluster before it is wiped: run when it is removed from the stack config, with what the last
// run knew. `pulumi destroy` does not run it, a cluster that goes as a whole needs no manners.
import { runStep } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { requireItself } from "../identity/memberName.ts";
import { inspect, type Machine } from "../inspect.ts";
import { leaveCluster } from "../membership/leave.ts";
import { clusterApi } from "../upgrade/clusterApi.ts";

await runStep({ name: "remove a machine", timeoutSeconds: 7_800 }, async (step) => {
  const machine = { name: step.input("NODE_NAME"), address: step.input("NODE_ADDRESS") };
  const controlPlanes = step.json<readonly Machine[]>("CONTROL_PLANES");
  const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
  const others = controlPlanes.filter(({ name }) => name !== machine.name);
  const kubernetes = await clusterApi(step, talosctl, others);
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
    drainSeconds: Number(step.input("DRAIN_SECONDS")),
  });
});

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
