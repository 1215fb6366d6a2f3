// Before the first machine is touched: is there anything to upgrade at all, may it be, can every machine get the new
// image, and is there a snapshot of etcd to go back to.
import { runStep, type Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../inspect.ts";
import { differs, installationOf, refuseBadMove, shown, type Installation } from "../upgrade/machines.ts";
import { ensureSnapshot } from "../upgrade/snapshot.ts";

/** A machine with what is to be installed on it. */
interface Target extends Machine {
  readonly role: string;
  readonly schematic: string;
  /** e.g. `factory.talos.dev/metal-installer/<schematic id>` */
  readonly installer: string;
}

const pullSeconds = 600;

await runStep({ name: "prepare the upgrade", timeoutSeconds: pullSeconds + 400 }, async (step) => {
  const version = step.input("TALOS_VERSION");
  const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
  const targets = step.json<readonly Target[]>("MACHINES");
  const outdated = await findOutdated(step, talosctl, targets, version);
  if (outdated.length === 0) return `no machine to upgrade to Talos ${version}`;

  const first = targets.find(({ role }) => role === "controlplane") ?? targets[0];
  await Promise.all(outdated.map((target) => prePull(step, talosctl, target, version)));
  if (first !== undefined)
    await ensureSnapshot(step, talosctl, first, {
      stack: step.input("STACK"),
      recipients: step.input("AGE_RECIPIENTS").split(" "),
    });
  return `ready to upgrade ${outdated.map(({ name }) => name).join(", ")} to Talos ${version}`;
});

async function findOutdated(
  step: Step,
  talosctl: Talosctl,
  targets: readonly Target[],
  version: string,
): Promise<readonly Target[]> {
  const found = await Promise.all(targets.map((target) => installationOf(step, talosctl, target)));
  return targets.filter((target, index) => {
    const running = found[index];
    // One without this cluster's config gets the new image with its first config.
    if (running === undefined) return false;
    const wanted: Installation = { version, schematic: target.schematic };
    if (!differs(running, wanted)) return false;
    refuseBadMove(target, running, wanted);
    return true;
  });
}

/** A machine that cannot get the image would find out when it is drained already. */
async function prePull(step: Step, talosctl: Talosctl, target: Target, version: string): Promise<void> {
  const image = `${target.installer}:${version}`;
  const result = await talosctl.run(
    target.address,
    ["image", "pull", "--namespace", "system", image],
    pullSeconds,
  );
  if (result.code !== 0)
    throw new StepError(
      `${target.name} cannot pull ${image}: ${reasonOf(result)}`,
      "no machine has been touched; check that this version and schematic exist and that the registry answers, then run pulumi up again",
    );
  step.say(`${target.name}: has the image of ${shown({ version, schematic: target.schematic })}`);
}
