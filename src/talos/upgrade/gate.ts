// The gate in front of a control plane, and behind it: etcd is whole and every API server answers. Each control plane is
// asked for itself, since each has its own view of the members. Source: siderolabs/talos, what `talosctl etcd
// members|status|alarm list` and `service` print.
import type { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Machine } from "../inspect.ts";

/** Looks that must find etcd whole in a row: a member that comes and goes is not healthy. */
const wantedPasses = 2;

/** How to wait at the gate. */
export interface GateOptions {
  readonly timeoutSeconds: number;
  /** For messages, e.g. `before k8s-1 goes down`. */
  readonly when: string;
  /** Client of the cluster's API. */
  readonly kubernetes: Kubernetes;
}

/**
 * Waits until every control plane's etcd is healthy, all know the same members, at least the expected ones, no learners
 * and no alarms, and every control plane's API server answers.
 * @throws StepError naming the control plane and what is wrong with it
 */
export async function controlPlanesWhole(
  step: Step,
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
  options: GateOptions,
): Promise<void> {
  const addresses = controlPlanes.map(({ address }) => address).join(",");
  let passes = 0;
  await step.waitFor(
    {
      what: `all control planes whole ${options.when}`,
      timeoutSeconds: options.timeoutSeconds,
      // A look takes its time by itself.
      intervalMs: 200,
      todo: `look at: talosctl etcd status -n ${addresses}; talosctl service -n ${addresses}; mend that, then run pulumi up again`,
    },
    async () => {
      const problem =
        (await whatIsWrong(talosctl, controlPlanes)) ?? (await deadApi(options.kubernetes, controlPlanes));
      passes = problem === undefined ? passes + 1 : 0;
      if (problem !== undefined) return notYet(problem);
      return passes >= wantedPasses ? done() : notYet("all control planes are whole; looking once more");
    },
  );
}

/** An endpoint that moves from one control plane to the next hides one whose API server is dead. */
async function deadApi(
  kubernetes: Kubernetes,
  controlPlanes: readonly Machine[],
): Promise<string | undefined> {
  const problems = await Promise.all(
    controlPlanes.map(async ({ name, address }) =>
      kubernetes
        .at(address)
        .version()
        .then(() => undefined)
        .catch((error: unknown) => `${name}: its API server does not answer: ${reason(error)}`),
    ),
  );
  return problems.find((problem) => problem !== undefined);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function whatIsWrong(
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<string | undefined> {
  const views = await Promise.all(controlPlanes.map((machine) => viewOf(talosctl, machine)));
  const broken = views.find((view) => view.problem !== undefined);
  if (broken !== undefined) return broken.problem;
  const sets = new Set(views.map(({ members }) => members.join(" ")));
  if (sets.size > 1) return `the control planes know different etcd members: ${[...sets].join(" / ")}`;
  const count = views[0]?.members.length ?? 0;
  return count < controlPlanes.length
    ? `etcd has ${String(count)} members, expected ${String(controlPlanes.length)}`
    : undefined;
}

async function viewOf(
  talosctl: Talosctl,
  machine: Machine,
): Promise<{ readonly members: readonly string[]; readonly problem?: string }> {
  const [service, members, status, alarms] = await Promise.all(
    [
      ["service", "etcd"],
      ["etcd", "members"],
      ["etcd", "status"],
      ["etcd", "alarm", "list"],
    ].map((args) => talosctl.run(machine.address, args)),
  );
  for (const result of [service, members, status, alarms])
    if (result?.code !== 0)
      return {
        members: [],
        problem: `${machine.name}: ${result === undefined ? "no answer" : reasonOf(result)}`,
      };
  const health = /^HEALTH\s+(\S+)/m.exec(service?.stdout ?? "")?.[1];
  if (health !== "OK")
    return { members: [], problem: `${machine.name}: etcd's health is ${health ?? "unknown"}` };
  const rows = table(members?.stdout ?? "");
  const learner = rows.find((row) => row.at(-1) === "true");
  if (learner !== undefined)
    return { members: [], problem: `${machine.name}: etcd member ${learner[2] ?? "?"} is still a learner` };
  const alarm = table(alarms?.stdout ?? "")[0];
  if (alarm !== undefined)
    return { members: [], problem: `${machine.name}: etcd alarm ${alarm.slice(1).join(" ")}` };
  return { members: rows.map((row) => row[1] ?? "").sort() };
}

/** Rows of a talosctl table below its heading. */
function table(output: string): readonly (readonly string[])[] {
  return output
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(/\s+/));
}
