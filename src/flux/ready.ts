// When a Flux object is Ready, and what people do when it is not. Pure.
import { conditionOf, type KubeObject } from "../steps/kubernetes.ts";
import { done, notYet, type Observation } from "../steps/wait.ts";

/** Flux's own label for what it failed with, and the next step. First match wins; all of them name what to mend. */
const remedies: readonly { readonly pattern: RegExp; readonly todo: string }[] = [
  {
    pattern: /knownhosts|host key/i,
    todo: "the Git host's key is not the one in git.knownHosts: compare fingerprints, correct it, run pulumi up again",
  },
  {
    pattern: /unable to authenticate|permission denied|handshake failed/i,
    todo: "the Git host refused the deploy key: look whether it is still registered, then run npm run up -- --refresh",
  },
  {
    pattern: /cannot get sops data key|failed to decrypt/i,
    todo: "the files in the tree are encrypted to another key than ageKeyFile: run sops updatekeys on them, push, run pulumi up again",
  },
  {
    pattern: /var name is invalid/,
    todo: "the variable in quotes has a name that Flux refuses: letters, digits and _ only, no digit first; rename it, push, run pulumi up again; where Flux does not get over it, npm run doctor -- --cluster has the command",
  },
  {
    pattern: /substitute from|variable not set|envsubst|strict/i,
    todo: "a variable of the tree has no value: add it to cluster-secrets or cluster-settings, push, run pulumi up again",
  },
  {
    pattern: /kustomize build failed|accumulating resources|no such file/i,
    todo: "the tree at that commit does not build: mend it, push, run pulumi up again",
  },
  {
    pattern: /not found|no such host|dial tcp|i\/o timeout|connection refused/i,
    todo: "the cluster cannot reach it: check the address in the tree and the cluster's way to the Internet",
  },
];

/** What to do about a message of a Flux object. */
export function remedyFor(message: string): string {
  return (
    remedies.find((remedy) => remedy.pattern.test(message))?.todo ??
    "look at: kubectl -n flux-system get gitrepositories,ocirepositories,kustomizations"
  );
}

/** What a Flux object must show. */
export interface Expectation {
  /** The object for people, e.g. `Kustomization flux`. */
  readonly name: string;
  /** Which revision it must have taken, e.g. `main@sha1:…`; any when undefined. */
  readonly revision?: (revision: string) => boolean;
}

/**
 * Whether a source or a Kustomization is Ready, for its current spec and at the expected revision. Ready alone can be
 * left over from before a change.
 */
export function readiness(object: KubeObject | undefined, expected: Expectation): Observation<string> {
  if (object === undefined) return notYet(`${expected.name} is not there`);
  const ready = conditionOf(object, "Ready");
  const generation = object.metadata?.generation ?? 0;
  const observed = Number(object.status?.["observedGeneration"] ?? 0);
  if (ready?.status !== "True")
    return notYet(`${expected.name}: ${ready?.message ?? "not looked at by its controller yet"}`);
  if (observed < generation)
    return notYet(`${expected.name}: its controller has not seen the last change yet`);
  const revision = revisionOf(object);
  if (expected.revision !== undefined && !expected.revision(revision))
    return notYet(`${expected.name} is at ${revision === "" ? "no revision" : revision}`);
  return done(revision);
}

/** What a source has fetched, or a Kustomization has applied. */
export function revisionOf(object: KubeObject): string {
  const artifact = object.status?.["artifact"] as { revision?: string } | undefined;
  return artifact?.revision ?? (object.status?.["lastAppliedRevision"] as string | undefined) ?? "";
}
