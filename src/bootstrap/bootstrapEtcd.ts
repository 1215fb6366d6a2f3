// Makes sure that the cluster has one etcd: bootstraps it on the first control plane when every control plane has said that
// it has none. A second bootstrap beside an etcd that is only silent would be a second cluster.
import type { InputOf } from "../steps/contract.ts";
import { StepError } from "../steps/stepError.ts";
import type { Step } from "../steps/step.ts";
import { reasonOf, Talosctl } from "../steps/talosctl.ts";
import { done, notYet } from "../steps/wait.ts";
import type { MachineRef } from "../talos/contracts.ts";
import { isThereEtcd } from "../talos/etcd/etcdPresence.ts";
import { etcdIllness } from "../talos/etcd/etcdView.ts";
import { healthySeconds, installSeconds, type bootstrapEtcd as contract } from "./contracts.ts";

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
  const first = machines[0];
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
  if (!exists) await bootstrap(step, talosctl, first);
  const count = await waitForMembers(step, talosctl, machines);
  return exists
    ? `etcd has ${String(count)} healthy members already`
    : `etcd bootstrapped on ${first.name}, ${String(count)} of ${String(machines.length)} members healthy`;
}

async function bootstrap(step: Step, talosctl: Talosctl, machine: MachineRef): Promise<void> {
  await step.waitFor(
    {
      what: `${machine.name} ready to bootstrap etcd`,
      timeoutSeconds: installSeconds,
      todo: `look at the screen of ${machine.name}, or at: talosctl dmesg -n ${machine.address}`,
    },
    async () => {
      const result = await talosctl.run(machine.address, ["bootstrap"]);
      // A run that was killed after the call has done it already.
      if (result.code === 0 || /AlreadyExists|data directory is not empty/.test(result.stderr)) return done();
      return notYet(`${machine.name}: ${describe(result.stderr) ?? reasonOf(result)}`);
    },
  );
  step.say(`${machine.name}: etcd bootstrapped`);
}

/** The usual ways in which a machine says "not yet", in words of a person. */
function describe(stderr: string): string | undefined {
  if (/Unavailable|connection refused|deadline|did not answer/.test(stderr))
    return "installing Talos, then rebooting";
  if (stderr.includes("FailedPrecondition")) return "booting";
  return undefined;
}

async function waitForMembers(
  step: Step,
  talosctl: Talosctl,
  machines: readonly MachineRef[],
): Promise<number> {
  return step.waitFor(
    {
      what: "etcd on all control planes",
      timeoutSeconds: healthySeconds(machines.length),
      todo: `look at: talosctl service etcd -n ${machines.map((machine) => machine.address).join(",")}`,
    },
    async () => {
      const states = await Promise.all(machines.map((machine) => whatIsMissing(talosctl, machine)));
      const missing = states.flatMap((state) => state ?? []);
      return missing.length === 0 ? done(states.length) : notYet(missing.join("; "));
    },
  );
}

async function whatIsMissing(talosctl: Talosctl, machine: MachineRef): Promise<string | undefined> {
  const service = await talosctl.run(machine.address, ["service", "etcd"]);
  const missing =
    service.code === 0 ? etcdIllness(service.stdout) : (describe(service.stderr) ?? reasonOf(service));
  return missing === undefined ? undefined : `${machine.name}: ${missing}`;
}
