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
  /** What people call it besides. */
  readonly shorts: readonly string[];
}

/** Read at every event; nobody works on them. */
const settings = ["Alert", "Provider"];

/** All kinds. Source: the definitions of fluxcd/flux2 v2.9.4. */
export const fluxKinds: readonly FluxKind[] = (
  [
    ["Kustomization", "kustomize", "ks"],
    ["HelmRelease", "helm", "hr", "release"],
    ["GitRepository", "source", "gitrepo", "git"],
    ["OCIRepository", "source", "ocirepo", "oci"],
    ["HelmRepository", "source", "helmrepo"],
    ["HelmChart", "source", "hc", "chart"],
    ["Bucket", "source"],
    ["Receiver", "notification"],
    ["Alert", "notification"],
    ["Provider", "notification"],
    ["ImageRepository", "image", "imgrepo"],
    ["ImagePolicy", "image", "imgpol"],
    ["ImageUpdateAutomation", "image", "iua", "imgupd"],
  ] as const
).map(([kind, group, ...shorts]) => ({
  kind,
  apiVersion: apiVersionOf(group, kind),
  isReconciled: !settings.includes(kind),
  shorts,
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
  const names = ({ kind, shorts }: FluxKind): readonly string[] => {
    const one = kind.toLowerCase();
    return [one, one.endsWith("y") ? `${one.slice(0, -1)}ies` : `${one}s`, ...shorts];
  };
  const found = fluxKinds.find((each) => names(each).includes(word.toLowerCase()));
  if (found !== undefined) return found;
  const known = fluxKinds.map(({ kind, shorts }) =>
    shorts.length === 0 ? kind : `${kind} (${shorts.join(", ")})`,
  );
  const kinds = fluxKinds.map(({ kind }) => kind);
  const meant = nearest(word, kinds);
  throw new StepError(
    `there is no kind ${word}`,
    meant === undefined ? `there are ${known.join(", ")}` : `did you mean ${meant}?`,
  );
}
