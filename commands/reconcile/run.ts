// Brings the cluster to the commit of its branch and watches until nothing moves any more.
import { isSuspended, isSuspendedByConfig, nameOf } from "../../src/flux/suspension.ts";
import { conditionOf, type KubeObject } from "../../src/steps/kubernetes.ts";
import type { Cluster } from "../cluster/connect.ts";
import { rootCauses } from "../flux/causes.ts";
import { gatherFlux } from "../flux/kinds.ts";
import { artifactOf, healthOf, type Health } from "../flux/health.ts";
import { knownRemedy, oneLine, shortRevision } from "../../src/flux/ready.ts";
import { nextStep } from "../flux/remedies.ts";
import { isHandled, newRequest, request } from "../../src/flux/request.ts";
import { watchUntil } from "../flux/watch.ts";
import { compareWithCheckout, remoteCommit } from "./commit.ts";
import type { Progress } from "./progress.ts";
import { isJudged, lookOf, verdictsOf, type Before } from "./verdicts.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** What a run is told. */
export interface Reconciliation {
  readonly cluster: Pick<Cluster, "kubernetes">;
  /** When it gives up, as Date.now() says it. */
  readonly end: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Folder of the user's tree, to compare its commit with. */
  readonly tree: string;
  readonly progress: Progress;
}

/** @returns whether everything is at the commit and Ready, but for what is suspended */
export async function reconcile(run: Reconciliation): Promise<boolean> {
  const { kubernetes } = run.cluster;
  const objects = await gatherFlux(kubernetes);
  const repository = objects.find((object) => nameOf(object) === "GitRepository flux-system/home-cluster");
  const root = objects.find((object) => nameOf(object) === "Kustomization flux-system/cluster");
  if (repository === undefined || root === undefined)
    throw new StepError(
      "Flux does not run this cluster from Git yet: GitRepository home-cluster and Kustomization cluster are not both there",
      "npm run up",
    );
  const suspended = [repository, root].find(isSuspended);
  if (suspended !== undefined) {
    const todo = objects.some(isSuspendedByConfig)
      ? "write suspend: false in the stack config, then npm run up"
      : "npm run up brings it back when suspend is false in the stack config";
    run.progress.failure("Flux", `is suspended (${nameOf(suspended)}), so a commit changes nothing`, todo);
    return false;
  }

  const id = newRequest();
  const revision = await fetchBranch(run, repository, id);
  if (revision === undefined) return false;
  run.say(
    `GitRepository home-cluster has ${shortRevision(revision)}${await comparison(run, repository, revision)}`,
  );
  return apply(run, root, id);
}

/** Has the repository looked at. @returns what it has fetched; undefined when it could not, which has been said then */
async function fetchBranch(
  run: Reconciliation,
  repository: KubeObject,
  id: string,
): Promise<string | undefined> {
  const { kubernetes } = run.cluster;
  await request(kubernetes, repository, id);
  let latest: KubeObject | undefined;
  const ended = await watchUntil(run.end, run.signal, async () => {
    const { apiVersion = "", kind = "", metadata } = repository;
    latest = await kubernetes.read(apiVersion, kind, metadata?.name ?? "", metadata?.namespace);
    return latest !== undefined && isHandled(latest, id);
  });
  const ready = latest === undefined ? undefined : conditionOf(latest, "Ready");
  if (ended && ready?.status === "True") return artifactOf(latest) ?? "";
  const message = ended
    ? oneLine(ready?.message ?? "it says nothing")
    : "source-controller has not looked at it in time";
  const todo = ended ? knownRemedy(message, "npm run reconcile") : undefined;
  const name = "GitRepository flux-system/home-cluster";
  run.progress.failure(name, message, todo ?? "npm run doctor -- --cluster");
  return undefined;
}

/** What is known of the commit from elsewhere. */
async function comparison(run: Reconciliation, { spec }: KubeObject, revision: string): Promise<string> {
  const ref = (spec?.["ref"] ?? {}) as Readonly<Partial<Record<"branch" | "commit" | "tag", string>>>;
  const commit = /[0-9a-f]{40}$/.exec(revision)?.[0] ?? "";
  const byBranch = ref.branch !== undefined && ref.commit === undefined && ref.tag === undefined;
  const [remote, checkout] = await Promise.all([
    byBranch ? remoteCommit(String(spec?.["url"]), ref.branch, run.signal) : undefined,
    compareWithCheckout(run.tree, commit, run.signal),
  ]);
  const host =
    remote === commit
      ? "as the Git host says"
      : remote && `while the Git host has ${remote.slice(0, 12)} by now: run this again`;
  return [host, checkout].map((words) => (words === undefined ? "" : `, ${words}`)).join("");
}

/** Has the root applied, and what failed before tried again; the rest follows by itself. */
async function apply(run: Reconciliation, root: KubeObject, id: string): Promise<boolean> {
  const { kubernetes } = run.cluster;
  const first = healthOf(await gatherFlux(kubernetes));
  const before: Before = { id, looks: new Map(first.map(({ object, name }) => [name, lookOf(object)])) };
  await request(kubernetes, root, id);
  for (const { object, state, name } of first)
    if (object.kind === "Kustomization" && state === "failing" && name !== nameOf(root))
      await request(kubernetes, object, id);
  // It may look Ready at this commit already, from before it was asked.
  let asked = false;
  let last: readonly Health[] = first;
  const settled = await watchUntil(run.end, run.signal, async () => {
    last = healthOf(await gatherFlux(kubernetes));
    asked ||= last.some(({ object, name }) => name === nameOf(root) && isHandled(object, id));
    if (!asked) return false;
    const verdicts = verdictsOf(last, before);
    run.progress.show(last, verdicts, before);
    return last.filter(isJudged).every(({ name }) => verdicts.get(name) !== "pending");
  });
  return conclude(run, last, verdictsOf(last, before), settled);
}

function conclude(
  { progress }: Reconciliation,
  all: readonly Health[],
  verdicts: ReturnType<typeof verdictsOf>,
  settled: boolean,
): boolean {
  const judged = all.filter(isJudged);
  const named = (verdict: string): readonly Health[] =>
    judged.filter(({ name }) => verdicts.get(name) === verdict);
  const bad = [...named("failed"), ...named("blocked")];
  // Sources have no lines of their own before.
  for (const { health } of rootCauses(all))
    if (!isJudged(health) && bad.length > 0) progress.failure(health.name, health.message, nextStep(health));
  for (const { name, message } of named("pending")) progress.pending(name, message);
  progress.end(judged, verdicts, settled);
  return settled && bad.length === 0;
}
