// Makes sure that the cluster has one etcd: bootstraps it on the first control plane when every control plane has said that
// it has none. A second bootstrap beside an etcd that is only silent would be a second cluster.
import type { InputOf } from "../../steps/contract.ts";
import type { RunResult } from "../../steps/run.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import { isThereEtcd } from "../../talos/etcd/etcdPresence.ts";
import { etcdIllness } from "../../talos/etcd/etcdView.ts";
import { healthySeconds, installSeconds, type bootstrapEtcd as contract } from "../contracts.ts";

/**
 * Bootstraps the first control plane where none has etcd, and waits for all of them.
 * @returns what was done, e.g. `etcd has 3 healthy members already`
 * @throws StepError when a control plane does not say whether it has etcd, when the bootstrap is refused, when a member
 *   does not become healthy
 */
export async function bootstrapEtcd(
  step: Step,
  { talosconfigText, controlPlanes: machines }: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, talosconfigText) } = {},
): Promise<string> {
  const [first] = machines;
  if (first === undefined)
    throw new StepError("there is no control plane", "add one to nodes in the stack config");
  const exists = await isThereEtcd(
    { step, talosctl, controlPlanes: machines },
    {
      // Those that have just got their config install Talos and boot first.
      timeoutSeconds: installSeconds,
      blankIsNone: false,
      why: "etcd is not bootstrapped without it, since that may make a second etcd beside the one of a machine that is silent",
    },
  );
  if (!exists) {
    await step.waitFor(
      {
        what: `${first.name} ready to bootstrap etcd`,
        timeoutSeconds: installSeconds,
        todo: `look at the screen of ${first.name}, or at: talosctl dmesg -n ${first.address}`,
      },
      async () => {
        const result = await talosctl.run(first.address, ["bootstrap"]);
        // A run that was killed after the call has done it already.
        const isDone = result.code === 0 || /AlreadyExists|data directory is not empty/.test(result.stderr);
        return isDone ? done() : notYet(`${first.name}: ${notYetBecause(result)}`);
      },
    );
    step.say(`${first.name}: etcd bootstrapped`);
  }
  await step.waitFor(
    {
      what: "etcd on all control planes",
      timeoutSeconds: healthySeconds(machines.length),
      todo: `look at: talosctl service etcd -n ${machines.map(({ address }) => address).join(",")}`,
    },
    async () => {
      const asked = machines.map(async ({ name, address }) => {
        const result = await talosctl.run(address, ["service", "etcd"]);
        const illness = result.code === 0 ? etcdIllness(result.stdout) : notYetBecause(result);
        return illness === undefined ? [] : [`${name}: ${illness}`];
      });
      const missing = (await Promise.all(asked)).flat();
      return missing.length === 0 ? done() : notYet(missing.join("; "));
    },
  );
  const count = machines.length;
  return exists
    ? `etcd has ${count} healthy members already`
    : `etcd bootstrapped on ${first.name}, ${count} of ${count} members healthy`;
}

/** The usual ways in which a machine says "not yet", in words of a person. */
function notYetBecause(result: RunResult): string {
  if (/Unavailable|connection refused|deadline|did not answer/.test(result.stderr))
    return "installing Talos, then rebooting";
  return result.stderr.includes("FailedPrecondition") ? "booting" : reasonOf(result);
}
