// Answers of cluster-build, made up.
import type { BuildAnswer, BuildProblem, BuiltKustomization } from "../../../commands/tree/types.ts";
import type { TreeObject } from "../../../tree/index.ts";
import { compare } from "../../../commands/diff/compare.ts";
import type { ClusterDiff } from "../../../commands/diff/types.ts";

/** An object with more fields. */
export function object(kind: string, name: string, fields: object = {}, apiVersion = "v1"): TreeObject {
  return { apiVersion, kind, metadata: { name, namespace: "default" }, ...fields };
}

/** A HelmRelease. */
export function release(name: string, spec: object): TreeObject {
  return object("HelmRelease", name, { spec }, "helm.toolkit.fluxcd.io/v2");
}

/** A Flux Kustomization as an object. */
export function fluxKustomization(name: string, spec: object = {}): TreeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system" },
    spec: { prune: true, ...spec },
  };
}

/** What one of them was built to. */
export interface App {
  readonly name: string;
  readonly objects: readonly TreeObject[];
  readonly spec?: object;
  readonly parent?: string;
  readonly problems?: readonly Partial<BuildProblem>[];
}

const noProblem: BuildProblem = { rule: "build", object: null, file: null, field: null, message: "" };

/** All apps below a Kustomization `apps`, which has their Kustomizations as objects. */
export function answer(...apps: readonly App[]): BuildAnswer {
  const top: App = {
    name: "apps",
    objects: apps.map(({ name, spec }) => fluxKustomization(name, spec)),
  };
  return {
    kustomizations: [top, ...apps].map((app): BuiltKustomization => ({
      namespace: "flux-system",
      name: app.name,
      path: `cluster/${app.name}`,
      parent: app === top ? null : `flux-system/${app.parent ?? "apps"}`,
      object: fluxKustomization(app.name, app.spec),
      skipped: null,
      objects: app.objects.map((each) => ({
        object: each,
        file: `cluster/${app.name}/${each.metadata.name}.yaml`,
      })),
      problems: (app.problems ?? []).map((problem) => ({ ...noProblem, ...problem })),
    })),
  };
}

/** The diff between two such answers. */
export function diffOf(before: readonly App[], after: readonly App[]): ClusterDiff {
  return compare(
    { name: "main", answer: answer(...before) },
    { name: "the working tree", answer: answer(...after) },
  );
}

/** Kustomization, state, object, note: one line per change. */
export function changes(diff: ClusterDiff): readonly string[] {
  return diff.kustomizations.flatMap(({ name, state, objects }) => [
    ...(state === "changed" ? [] : [`${name} ${state}`]),
    ...objects.map((each) =>
      [name, each.state, each.name, each.movedFrom, each.note].filter(Boolean).join(" | "),
    ),
  ]);
}
