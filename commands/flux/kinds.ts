// The kinds of Flux that people suspend, resume and reconcile, and what they call them.
import { apiVersionOf } from "../../tree/index.ts";
import { nearest } from "../../src/config/suggest.ts";
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** A kind of Flux. */
export interface FluxKind {
  readonly kind: string;
  readonly apiVersion: string;
  /** Whether a controller works on its objects and says so in their status. */
  readonly isReconciled: boolean;
}

/** Group and short names of each kind. Source: the definitions of fluxcd/flux2 v2.9.4. */
const table: readonly (readonly [kind: string, group: string, shorts: readonly string[]])[] = [
  ["Kustomization", "kustomize", ["ks"]],
  ["HelmRelease", "helm", ["hr", "release"]],
  ["GitRepository", "source", ["gitrepo", "git"]],
  ["OCIRepository", "source", ["ocirepo", "oci"]],
  ["HelmRepository", "source", ["helmrepo"]],
  ["HelmChart", "source", ["hc", "chart"]],
  ["Bucket", "source", []],
  ["Receiver", "notification", []],
  ["Alert", "notification", []],
  ["Provider", "notification", []],
  ["ImageRepository", "image", ["imgrepo"]],
  ["ImagePolicy", "image", ["imgpol"]],
  ["ImageUpdateAutomation", "image", ["iua", "imgupd"]],
];

/** Read at every event; nobody works on them. */
const settings = ["Alert", "Provider"];

/** All kinds. */
export const fluxKinds: readonly FluxKind[] = table.map(([kind, group]) => ({
  kind,
  apiVersion: apiVersionOf(group, kind),
  isReconciled: !settings.includes(kind),
}));

/** Sources and what is made of them: all that others come from. */
const gathered = [
  "Bucket",
  "GitRepository",
  "OCIRepository",
  "HelmRepository",
  "HelmChart",
  "Kustomization",
  "HelmRelease",
];

/** All objects of Flux that others come from, as they are now. @throws Error when the API server does not answer */
export async function gatherFlux(kubernetes: Kubernetes): Promise<readonly KubeObject[]> {
  const kinds = fluxKinds.filter(({ kind }) => gathered.includes(kind));
  const lists = await Promise.all(kinds.map(({ apiVersion, kind }) => kubernetes.list(apiVersion, kind)));
  return lists.flat();
}

/** A kind by any of its names, in any case, singular or plural. @throws StepError with the kinds there are */
export function kindNamed(word: string): FluxKind {
  const plain = word.toLowerCase();
  const names = (kind: string, shorts: readonly string[]): readonly string[] => {
    const one = kind.toLowerCase();
    return [one, one.endsWith("y") ? `${one.slice(0, -1)}ies` : `${one}s`, ...shorts];
  };
  const row = table.find(([kind, , shorts]) => names(kind, shorts).includes(plain));
  const found = fluxKinds.find(({ kind }) => kind === row?.[0]);
  if (found !== undefined) return found;
  const known = table.map(([kind, , shorts]) =>
    shorts.length === 0 ? kind : `${kind} (${shorts.join(", ")})`,
  );
  const meant = nearest(
    word,
    table.map(([kind]) => kind),
  );
  throw new StepError(
    `there is no kind ${word}`,
    meant === undefined ? `there are ${known.join(", ")}` : `did you mean ${meant}?`,
  );
}
