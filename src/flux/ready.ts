// The one judge of Flux objects, for the steps and for the commands: whether one is well, at work or broken, in its own words,
// and what people do about it. Pure.
import { conditionOf, isObserved, type KubeObject } from "../steps/kubernetes.ts";
import { done, notYet, type Observation } from "../steps/wait.ts";

/** What Flux says of a failure, and the next step; AGAIN is how it is tried again. First match wins. */
const remedies: Readonly<Record<string, string>> = {
  "knownhosts|host key":
    "the Git host's key is not the one in git.knownHosts: compare fingerprints, correct it, AGAIN",
  "unable to authenticate|permission denied|handshake failed":
    "the Git host refused the deploy key: look whether it is still registered, then run npm run up -- --refresh",
  "cannot get sops data key|failed to decrypt":
    "the files in the tree are encrypted to another key than ageKeyFile: run sops updatekeys on them, push, AGAIN",
  "var name is invalid":
    "the variable in quotes has a name that Flux refuses: letters, digits and _ only, no digit first; rename it, push, AGAIN; where Flux does not get over it, npm run doctor -- --cluster has the command",
  "substitute from|variable not set|envsubst|strict":
    "a variable of the tree has no value: add it to cluster-secrets or cluster-settings, push, AGAIN",
  "kustomize build failed|accumulating resources|no such file":
    "the tree at that commit does not build: fix it, push, AGAIN",
  "not found|no such host|dial tcp|i/o timeout|connection refused":
    "the cluster cannot reach it: check the address in the tree and the cluster's way to the Internet",
};

/**
 * What to do about a message of a Flux object; undefined for one that nobody knows.
 * @param again how it is tried again afterwards
 */
export function knownRemedy(message: string, again: string): string | undefined {
  const known = Object.entries(remedies).find(([pattern]) => new RegExp(pattern, "i").test(message));
  return known?.[1].replace("AGAIN", again);
}

/** What to do about a message of a Flux object that a step has waited for. */
export function remedyFor(message: string): string {
  return (
    knownRemedy(message, "run pulumi up again") ??
    "look at: kubectl -n flux-system get gitrepositories,ocirepositories,kustomizations"
  );
}

/**
 * - `ready`: for its current spec, and at the revision that is due
 * - `working`: its controller is at it, or is about to be
 * - `waiting`: for another object
 * - `failing`: it says why
 */
export type State = "ready" | "working" | "waiting" | "failing";

/** How an object is doing. */
export interface Judgement {
  readonly state: State;
  /** Flux's own word for it, e.g. `BuildFailed`. */
  readonly reason: string;
  /** Flux's own message, in one line. */
  readonly message: string;
}

/** Which revision an object must have fetched or applied, e.g. `main@sha1:…`. */
export interface Due {
  readonly revision?: (revision: string) => boolean;
  /** The revision of its source, for the message. */
  readonly source?: string;
}

/** Waiting is no failure of the object itself. */
const waitingReasons = ["DependencyNotReady", "SourceNotReady"];
/** Begun anew by itself at once. */
const workingReasons = ["Progressing", "ProgressingWithRetry", "HealthCheckCanceled"];
/** An action failed and helm-controller may try again: only Stalled says that it does not. */
const retriedReasons = ["InstallFailed", "UpgradeFailed", "TestFailed", "UninstallFailed"];

/** Judges an object by its condition Ready, which alone can be left over from before a change. Suspension is not looked at. */
export function judge(object: KubeObject, { revision: isDue = () => true, source }: Due = {}): Judgement {
  const ready = conditionOf(object, "Ready");
  const reason = ready?.reason ?? "";
  const message = oneLine(ready?.message ?? "");
  const working = (text: string): Judgement => ({ state: "working", reason, message: text });
  if (isSetting(object)) return { state: "ready", reason, message };
  if (ready === undefined) return working("its controller has not looked at it yet");
  if (ready.status === "Unknown")
    return working(oneLine(conditionOf(object, "Reconciling")?.message ?? message));
  if (ready.status === "False") return { state: failureOf(object, reason), reason, message };
  if (!isObserved(object)) return working("its controller has not seen the last change yet");
  const revision = revisionOf(object);
  if (isDue(revision)) return { state: "ready", reason, message };
  const has = source === undefined ? "" : `, its source at ${shortRevision(source)}`;
  return working(`is at ${shortRevision(revision)}${has}`);
}

/** Read when somebody needs it; no controller says anything of it. */
function isSetting({ kind, spec }: KubeObject): boolean {
  return kind === "Alert" || kind === "Provider" || (kind === "HelmRepository" && spec?.["type"] === "oci");
}

function failureOf(object: KubeObject, reason: string): State {
  if (waitingReasons.includes(reason)) return "waiting";
  if (workingReasons.includes(reason)) return "working";
  const retried = retriedReasons.includes(reason) && conditionOf(object, "Stalled")?.status !== "True";
  if (retried && conditionOf(object, "Reconciling")?.status === "True") return "working";
  // A failure of what it was told before its last change.
  const attempted = Number(object.status?.["lastAttemptedGeneration"] ?? Number.MAX_SAFE_INTEGER);
  return attempted < (object.metadata?.generation ?? 0) && reason !== "ArtifactFailed"
    ? "working"
    : "failing";
}

/** The same for a wait. @param name the object for people, e.g. `Kustomization flux` */
export function readiness(
  object: KubeObject | undefined,
  { name, ...due }: Due & { readonly name: string },
): Observation<string> {
  if (object === undefined) return notYet(`${name} is not there`);
  const { state, message } = judge(object, due);
  return state === "ready" ? done(revisionOf(object)) : notYet(`${name}: ${message}`);
}

/** What a source has fetched, or a Kustomization has applied. */
export function revisionOf(object: KubeObject): string {
  const artifact = object.status?.["artifact"] as { revision?: string } | undefined;
  return artifact?.revision ?? (object.status?.["lastAppliedRevision"] as string | undefined) ?? "";
}

/** e.g. `main@sha1:0123456789ab` */
export function shortRevision(revision: string): string {
  return revision === "" ? "nothing" : revision.replace(/([0-9a-f]{12})[0-9a-f]+$/, "$1");
}

/** A message in one line, with paths as they are in the repository and not in the controller's temporary folder. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\/tmp\/kustomization-\d+\//g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}
