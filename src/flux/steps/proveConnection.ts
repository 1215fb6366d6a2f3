// Whether Flux reads Git now: asked, not remembered. What the objects say by themselves may be as old as their interval, and a
// proof that is a resource runs only when its inputs change.
import type { InputOf } from "../../steps/contract.ts";
import { conditionOf, Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { done, notYet } from "../../steps/wait.ts";
import { podProblem, podTrouble } from "../../bootstrap/podProblem.ts";
import { readiness, remedyFor, revisionOf } from "../ready.ts";
import { forgetRequest, isHandled, newRequest, request } from "../request.ts";
import type { proveConnection as contract } from "../contracts.ts";
import { isSuspended, nameOf } from "../suspension.ts";

/** How long to look. */
export interface Patience {
  /**
   * Seconds until source-controller has looked. A host that does not answer takes it the GitRepository's `timeout`, 60. Behind
   * an API server that has started again in this run it needs a while to find it: up to a minute for KubePrism, and its own
   * pauses grow to half a minute, or to minutes where the kubelet has to start it again.
   */
  readonly fetchSeconds: number;
  /** Seconds for which source-controller's pod may have no machine to run on: another one may just be joining. */
  readonly placeSeconds: number;
  /** Seconds for which a look that has failed may still succeed: it tries again by itself within seconds. */
  readonly retrySeconds: number;
  /** Seconds until the root has applied what was fetched: longer than its `retryInterval`. */
  readonly applySeconds: number;
  /** Milliseconds between two looks. */
  readonly intervalMs: number;
}

const usual: Patience = {
  fetchSeconds: 300,
  placeSeconds: 60,
  retrySeconds: 15,
  applySeconds: 180,
  intervalMs: 400,
};

const notLooked = "source-controller has not looked at it";

/**
 * Has Flux look at Git, and waits until the root Kustomization has applied what it found there. What the tree is made of is
 * not looked at: an app that fails is no reason for an `up` to fail.
 * @returns what it has found, for people; what somebody has suspended by hand is said and not looked at
 * @throws StepError in Flux's own words when Flux does not read Git, or the root does not apply it
 */
export async function proveConnection(
  step: Pick<Step, "waitFor" | "warn">,
  { kubeconfigText }: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(kubeconfigText, { answerMs: 10_000 }), patience = usual } = {},
): Promise<string> {
  const repository = await present(async () => readRepository(kubernetes), "GitRepository home-cluster");
  const readRoot = async (): Promise<KubeObject | undefined> =>
    kubernetes.read("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "cluster", "flux-system");
  const root = await present(readRoot, "Kustomization cluster");
  const suspended = [repository, root].find(isSuspended);
  if (suspended !== undefined) {
    step.warn(`${nameOf(suspended)} is suspended by hand: whether Flux reads Git has not been looked at`);
    return "Flux was left as it is";
  }
  const fetched = await fetchNow(step, kubernetes, repository, patience);
  const applied = await applyNow(
    step,
    kubernetes,
    { root, readRoot, revision: revisionOf(fetched) },
    patience,
  );
  return `Flux reads Git: ${applied}`;
}

async function readRepository(kubernetes: Kubernetes): Promise<KubeObject | undefined> {
  return kubernetes.read("source.toolkit.fluxcd.io/v1", "GitRepository", "home-cluster", "flux-system");
}

async function present(read: () => Promise<KubeObject | undefined>, name: string): Promise<KubeObject> {
  const found = await read().catch((error: unknown) => {
    throw cutOff(
      `the cluster's API does not answer: ${error instanceof Error ? error.message : String(error)}`,
      "look at npm run doctor, then run pulumi up again",
    );
  });
  if (found === undefined)
    throw cutOff(
      `${name} is not in the cluster`,
      "somebody has removed it: npm run up -- --refresh makes it again",
    );
  return found;
}

async function fetchNow(
  step: Pick<Step, "waitFor">,
  kubernetes: Kubernetes,
  repository: KubeObject,
  { fetchSeconds, placeSeconds, retrySeconds, intervalMs }: Patience,
): Promise<KubeObject> {
  const id = newRequest();
  await request(kubernetes, repository, id);
  let said = notLooked;
  let failedAt: number | undefined;
  let homelessSince: number | undefined;
  return step
    .waitFor(
      { what: "GitRepository home-cluster", timeoutSeconds: fetchSeconds, todo: "", intervalMs },
      async () => {
        const found = await readRepository(kubernetes);
        if (found === undefined || !isHandled(found, id)) {
          const isHomeless = (await controllerPods(kubernetes)).some((pod) => podTrouble(pod)?.isUnscheduled);
          homelessSince = isHomeless ? (homelessSince ?? Date.now()) : undefined;
          if (Date.now() - (homelessSince ?? Infinity) > placeSeconds * 1000) throw new StepError(said, "");
          return notYet(`GitRepository home-cluster: ${said}`);
        }
        const ready = conditionOf(found, "Ready");
        if (ready?.status === "True") return done(found);
        said = ready?.message ?? said;
        failedAt ??= Date.now();
        if (Date.now() - failedAt > retrySeconds * 1000) throw new StepError(said, "");
        return notYet(`GitRepository home-cluster: ${said}`);
      },
    )
    .catch(async (error: unknown) => {
      if (!(error instanceof StepError)) throw error;
      const kept = said === notLooked ? await whatKeepsIt(kubernetes) : undefined;
      if (kept !== undefined)
        throw cutOff(kept, "look at: kubectl -n flux-system describe pods -l app=source-controller");
      throw cutOff(`GitRepository home-cluster: ${said}`, remedyFor(said));
    })
    .finally(async () => forgetRequest(kubernetes, repository, id));
}

/** Why source-controller's pod does not run: then it looks at nothing, whatever Git says. Not knowing it is no other failure. */
async function whatKeepsIt(kubernetes: Kubernetes): Promise<string | undefined> {
  return podProblem(await controllerPods(kubernetes));
}

async function controllerPods(kubernetes: Kubernetes): Promise<readonly KubeObject[]> {
  const pods = await kubernetes.list("v1", "Pod", "flux-system").catch(() => []);
  return pods.filter(({ metadata }) => metadata?.name?.startsWith("source-controller-") === true);
}

async function applyNow(
  step: Pick<Step, "waitFor">,
  kubernetes: Kubernetes,
  {
    root,
    readRoot,
    revision,
  }: {
    readonly root: KubeObject;
    readonly readRoot: () => Promise<KubeObject | undefined>;
    readonly revision: string;
  },
  { applySeconds, intervalMs }: Patience,
): Promise<string> {
  const expected = { name: "Kustomization cluster", revision: (found: string) => found === revision };
  // One that has failed would try again after its retryInterval only.
  const id = newRequest();
  if (!readiness(root, expected).done) await request(kubernetes, root, id);
  let said = "";
  return step
    .waitFor(
      { what: "Kustomization cluster", timeoutSeconds: applySeconds, todo: "", intervalMs },
      async () => {
        const seen = readiness(await readRoot(), expected);
        if (!seen.done) said = seen.missing;
        return seen;
      },
    )
    .catch((error: unknown) => {
      if (!(error instanceof StepError)) throw error;
      throw cutOff(said, remedyFor(said));
    })
    .finally(async () => forgetRequest(kubernetes, root, id));
}

/** Everything before it is done, and has to be said so: an `up` that fails makes people look for what it has not done. */
function cutOff(message: string, todo: string): StepError {
  return new StepError(
    `everything of this run is done, but Flux does not bring what Git says: ${message}`,
    todo,
  );
}
