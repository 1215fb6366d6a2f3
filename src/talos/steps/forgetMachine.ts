// Takes a machine whose hardware is dead out of etcd and out of Kubernetes, without asking it anything.
import { runStep } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { memberName } from "../identity/memberName.ts";
import { look, type Machine } from "../inspect.ts";
import { leaveCluster } from "../membership/leave.ts";
import { clusterApi } from "../upgrade/clusterApi.ts";

await runStep({ name: "forget a machine", timeoutSeconds: 300 }, async (step) => {
  const machine = { name: step.input("NODE_NAME"), address: step.input("NODE_ADDRESS") };
  const controlPlanes = step.json<readonly Machine[]>("CONTROL_PLANES");
  const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
  const { found } = await look(talosctl, machine);
  // Its address may be that of another member by now.
  if (found === "member" && [machine.name, undefined].includes(await memberName(talosctl, machine)))
    throw new StepError(
      `${machine.name} is called gone, but answers at ${machine.address} as a member of this cluster`,
      "switch it off for good, or remove gone from it: without gone it leaves properly and is wiped",
    );
  const kubernetes = await clusterApi(step, talosctl, controlPlanes);
  if (kubernetes === undefined)
    throw new StepError(
      `${machine.name} cannot be forgotten: no control plane answers for the cluster`,
      "switch a control plane on, or look at its console why it does not answer, then run pulumi up again",
    );
  return leaveCluster({ step, talosctl, kubernetes, machine, controlPlanes, runs: false, drainSeconds: 0 });
});
