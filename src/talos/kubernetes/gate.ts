// The gate in front of a control plane, and behind it: etcd is whole and every API server answers. Each control plane is
// asked for itself, since each has its own view of the members.
import type { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Machine } from "../machine/inspect.ts";
import { etcdView, type EtcdView, type Member } from "../etcd/etcdView.ts";
import { oldStaticPod } from "./staticPods.ts";

/** Looks that must find etcd whole in a row: a member that comes and goes is not healthy. */
const wantedPasses = 2;

/** An API server that takes longer for its version is none. */
const apiAnswerMs = 5_000;

/** How to wait at the gate. */
export interface GateOptions {
  readonly timeoutSeconds: number;
  /** For messages, e.g. `before k8s-1 goes down`. */
  readonly when: string;
  /** Client of the cluster's API. */
  readonly kubernetes: Kubernetes;
  /** The control plane that is to go down: etcd must be able to do without it. Not given: none is. */
  readonly leaving?: Machine | undefined;
}

/**
 * Waits until every control plane's etcd is healthy, all know the same members, at least the expected ones, no learners
 * and no alarms, and every control plane's API server answers and is the one of its config: one that is about to restart
 * answers too.
 * @throws StepError naming the control plane and what is wrong with it, or that etcd cannot do without the one that leaves
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
      const all = await Promise.all(controlPlanes.map((machine) => etcdView(talosctl, machine)));
      const isMember = (at: number): boolean => all[at]?.isToJoin !== true;
      const views = all.filter((_, at) => isMember(at));
      const members = controlPlanes.filter((_, at) => isMember(at));
      const problem = problemOf(views) ?? (await brokenApi(talosctl, options.kubernetes, members));
      passes = problem === undefined ? passes + 1 : 0;
      if (problem !== undefined) return notYet(problem);
      refuseWithoutQuorum(options.leaving, views);
      return passes >= wantedPasses ? done() : notYet("all control planes are whole; looking once more");
    },
  );
}

/**
 * The first control plane whose own API server does not answer, and why; undefined when all do. An endpoint that moves from
 * one to the next hides a dead one.
 */
export async function deadApi(
  kubernetes: Kubernetes,
  controlPlanes: readonly Machine[],
): Promise<string | undefined> {
  const problems = await Promise.all(
    controlPlanes.map(async (machine) =>
      apiOf(kubernetes, machine)
        .version()
        .then(() => undefined)
        .catch((error: unknown) => `${machine.name}: its API server does not answer: ${reason(error)}`),
    ),
  );
  return problems.find((problem) => problem !== undefined);
}

/** The API of one control plane's own server, which answers in a few seconds or not at all. */
export function apiOf(kubernetes: Kubernetes, { address }: Machine): Kubernetes {
  return kubernetes.at(address, apiAnswerMs);
}

/** The same, and the first whose API server is to restart, or restarts. */
async function brokenApi(
  talosctl: Talosctl,
  kubernetes: Kubernetes,
  controlPlanes: readonly Machine[],
): Promise<string | undefined> {
  const dead = await deadApi(kubernetes, controlPlanes);
  if (dead !== undefined) return dead;
  const old = await Promise.all(
    controlPlanes.map((machine) =>
      oldStaticPod(talosctl, apiOf(kubernetes, machine), machine, ["kube-apiserver"]),
    ),
  );
  return old.find((problem) => problem !== undefined);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function problemOf(views: readonly EtcdView[]): string | undefined {
  const broken = views.find((view) => view.problem !== undefined);
  if (broken !== undefined) return broken.problem;
  const sets = new Map(views.map(({ members }) => [members.map(({ id }) => id).join(), namesOf(members)]));
  if (sets.size > 1)
    return `the control planes know different etcd members: ${[...sets.values()].join(" / ")}`;
  const count = views[0]?.members.length ?? 0;
  return count < views.length
    ? `etcd has ${String(count)} members, expected ${String(views.length)}`
    : undefined;
}

function namesOf(members: readonly Member[]): string {
  return members
    .map(({ name }) => name)
    .sort()
    .join(", ");
}

/** Talos' newer upgrade calls do not ask etcd. A member that no control plane stands for is one that is not there. */
function refuseWithoutQuorum(leaving: Machine | undefined, views: readonly EtcdView[]): void {
  const members = views[0]?.members ?? [];
  const quorum = Math.floor(members.length / 2) + 1;
  // A single one has no other that it could leave the cluster to.
  if (leaving === undefined || members.length < 2 || views.length - 1 >= quorum) return;
  throw new StepError(
    `${leaving.name} cannot go down: etcd has ${String(members.length)} members (${namesOf(members)}), needs ${String(quorum)}, and would be left with ${String(views.length - 1)}`,
    "add a control plane first, or remove the member that is not in the stack config, in an up of its own",
  );
}
