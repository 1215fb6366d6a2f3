// Whether Flux reads Git now: asked, not remembered. What the objects say by themselves may be as old as their interval, and a
// proof that is a resource runs only when its inputs change.
import { podProblem, podTrouble } from "../../bootstrap/podProblem.ts";
import type { InputOf } from "../../steps/contract.ts";
import { conditionOf, Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { messageOf, StepError } from "../../steps/stepError.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { proveConnection as contract } from "../contracts.ts";
import { isAt, readHandOff, type HandOffName } from "../objects.ts";
import { readiness, remedyFor, revisionOf } from "../ready.ts";
import { forgetRequest, isHandled, newRequest, request } from "../request.ts";
import { isSuspended, nameOf } from "../suspension.ts";

const usual = {
  /**
   * Seconds until source-controller has looked. A host that does not answer takes it the GitRepository's `timeout`, 60. Behind
   * an API server that has started again in this run it needs a while to find it: up to a minute for KubePrism, and its own
   * pauses grow to half a minute, or to minutes where the kubelet has to start it again.
   */
  fetchSeconds: 300,
  /** Seconds for which source-controller's pod may have no machine to run on: another one may just be joining. */
  placeSeconds: 60,
  /** Seconds for which a look that has failed may still succeed: it tries again by itself within seconds. */
  retrySeconds: 15,
  /** Seconds until the root has applied what was fetched: longer than its `retryInterval`. */
  applySeconds: 180,
  /** Milliseconds between two looks. */
  intervalMs: 400,
};

const repositoryName = "GitRepository home-cluster";
const rootName = "Kustomization cluster";
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
  const repository = await present(kubernetes, repositoryName);
  const root = await present(kubernetes, rootName);
  const suspended = [repository, root].find(isSuspended);
  if (suspended !== undefined) {
    step.warn(`${nameOf(suspended)} is suspended by hand: whether Flux reads Git has not been looked at`);
    return "Flux was left as it is";
  }
  const fetched = revisionOf(await fetchNow(step, kubernetes, repository, patience));
  const isDue = (revision: string): boolean => revision === fetched;
  const wait = async (): Promise<string> =>
    step.waitFor(
      {
        what: rootName,
        timeoutSeconds: patience.applySeconds,
        intervalMs: patience.intervalMs,
        todo: (said) => cutOff(said, remedyFor(said)),
      },
      async () => isAt(kubernetes, isDue)(rootName),
    );
  // One that has failed would try again after its retryInterval only.
  const isReady = readiness(root, { name: rootName, revision: isDue }).done;
  return `Flux reads Git: ${await (isReady ? wait() : whileAsked(kubernetes, root, wait))}`;
}

async function present(kubernetes: Kubernetes, name: HandOffName): Promise<KubeObject> {
  const found = await readHandOff(kubernetes, name).catch((error: unknown) => {
    throw cutOff(
      `the cluster's API does not answer: ${messageOf(error)}`,
      "look at npm run doctor, then run pulumi up again",
    );
  });
  if (found !== undefined) return found;
  throw cutOff(
    `${name} is not in the cluster`,
    "somebody has removed it: npm run up -- --refresh makes it again",
  );
}

async function fetchNow(
  step: Pick<Step, "waitFor">,
  kubernetes: Kubernetes,
  repository: KubeObject,
  { fetchSeconds, placeSeconds, retrySeconds, intervalMs }: typeof usual,
): Promise<KubeObject> {
  let said = notLooked;
  let failedAt: number | undefined;
  let homelessSince: number | undefined;
  const lasts = (since: number | undefined, seconds: number): boolean =>
    Date.now() - (since ?? Infinity) > seconds * 1000;
  const failure = async (): Promise<StepError> => {
    // A pod that does not run looks at nothing, whatever Git says.
    const kept = said === notLooked ? podProblem(await controllerPods(kubernetes)) : undefined;
    return kept === undefined
      ? cutOff(`${repositoryName}: ${said}`, remedyFor(said))
      : cutOff(kept, "look at: kubectl -n flux-system describe pods -l app=source-controller");
  };
  return whileAsked(kubernetes, repository, async (id) =>
    step.waitFor(
      { what: repositoryName, timeoutSeconds: fetchSeconds, todo: failure, intervalMs },
      async () => {
        const found = await readHandOff(kubernetes, repositoryName);
        if (found === undefined || !isHandled(found, id)) {
          const isHomeless = (await controllerPods(kubernetes)).some((pod) => podTrouble(pod)?.isUnscheduled);
          homelessSince = isHomeless ? (homelessSince ?? Date.now()) : undefined;
        } else {
          const ready = conditionOf(found, "Ready");
          if (ready?.status === "True") return done(found);
          said = ready?.message ?? said;
          failedAt ??= Date.now();
          homelessSince = undefined;
        }
        if (lasts(homelessSince, placeSeconds) || lasts(failedAt, retrySeconds)) throw await failure();
        return notYet(`${repositoryName}: ${said}`);
      },
    ),
  );
}

/** Waits for what comes of a look that is asked for, and leaves the object as it was before. */
async function whileAsked<T>(
  kubernetes: Kubernetes,
  object: KubeObject,
  wait: (id: string) => Promise<T>,
): Promise<T> {
  const id = newRequest();
  await request(kubernetes, object, id);
  return wait(id).finally(async () => forgetRequest(kubernetes, object, id));
}

/** Those of source-controller; none where they cannot be asked for, which is no other failure. */
async function controllerPods(kubernetes: Kubernetes): Promise<readonly KubeObject[]> {
  const pods = await kubernetes.list("v1", "Pod", "flux-system").catch(() => []);
  return pods.filter(({ metadata }) => metadata?.name?.startsWith("source-controller-") === true);
}

/** Everything before it is done, and has to be said so: an `up` that fails makes people look for what it has not done. */
function cutOff(message: string, todo: string): StepError {
  return new StepError(
    `everything of this run is done, but Flux does not bring what Git says: ${message}`,
    todo,
  );
}
