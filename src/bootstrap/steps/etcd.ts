// Makes sure that the cluster has one etcd: bootstraps it on the first control plane, unless a control plane already
// has members. Asks all of them first, since a second bootstrap elsewhere would be a second cluster.
import { StepError } from "../../steps/stepError.ts";
import { runStep, type Step } from "../../steps/step.ts";
import { reasonOf, Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Machine } from "../../talos/inspect.ts";

/** Installing Talos to a slow disk over a slow line, and a server's long self-test. */
const installSeconds = 900;
const healthySeconds = 300;

await runStep(
  { name: "bootstrap etcd", timeoutSeconds: installSeconds + healthySeconds + 60 },
  async (step) => {
    const machines = step.json<readonly Machine[]>("CONTROL_PLANES");
    const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
    const first = machines[0];
    if (first === undefined)
      throw new StepError("there is no control plane", "add one to nodes in the stack config");
    const before = await members(talosctl, machines);
    if (before === 0) await bootstrap(step, talosctl, first);
    const count = await waitForMembers(step, talosctl, machines);
    return before === 0
      ? `etcd bootstrapped on ${first.name}, ${String(count)} of ${String(machines.length)} members healthy`
      : `etcd has ${String(count)} healthy members already`;
  },
);

/** The largest number of members that a control plane reports; 0 when no etcd answers. */
async function members(talosctl: Talosctl, machines: readonly Machine[]): Promise<number> {
  const counts = await Promise.all(
    machines.map(async (machine) => {
      const result = await talosctl.run(machine.address, ["etcd", "members"]);
      return result.code === 0 ? memberLines(result.stdout).length : 0;
    }),
  );
  return Math.max(...counts);
}

async function bootstrap(step: Step, talosctl: Talosctl, machine: Machine): Promise<void> {
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

async function waitForMembers(step: Step, talosctl: Talosctl, machines: readonly Machine[]): Promise<number> {
  return step.waitFor(
    {
      what: "etcd on all control planes",
      timeoutSeconds: healthySeconds,
      todo: `look at: talosctl service etcd -n ${machines.map((machine) => machine.address).join(",")}`,
    },
    async () => {
      const states = await Promise.all(machines.map((machine) => memberState(talosctl, machine)));
      const missing = states.filter((state) => state !== "healthy");
      return missing.length === 0 ? done(states.length) : notYet(missing.join("; "));
    },
  );
}

async function memberState(talosctl: Talosctl, machine: Machine): Promise<string> {
  const service = await talosctl.run(machine.address, ["service", "etcd"]);
  if (service.code !== 0) return `${machine.name}: ${describe(service.stderr) ?? reasonOf(service)}`;
  const state = /^STATE\s+(\S+)/m.exec(service.stdout)?.[1] ?? "unknown";
  const health = /^HEALTH\s+(\S+)/m.exec(service.stdout)?.[1] ?? "?";
  return state === "Running" && health === "OK"
    ? "healthy"
    : `${machine.name}: etcd ${state}, health ${health}`;
}

/** Lines of `talosctl etcd members` below the heading. */
function memberLines(output: string): readonly string[] {
  return output
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "");
}
