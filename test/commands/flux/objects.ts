// Objects of Flux as an API server has them, for tests of what is made of them.
import type { KubeObject } from "../../../src/steps/kubernetes.ts";

/** The commit that the branch is at. */
export const commit = "main@sha1:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/** The one before. */
export const before = "main@sha1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/** What is said of an object. */
export interface Saying {
  readonly status?: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  /** Message of the condition Reconciling. */
  readonly reconciling?: string;
  readonly at?: string;
}

/** An object with a condition Ready. */
export function fluxObject(
  kind: string,
  name: string,
  { status = "True", reason = "", message = "", reconciling, at = "2026-01-01T00:00:00Z" }: Saying = {},
  more: {
    readonly parent?: string;
    readonly namespace?: string;
    readonly spec?: object;
    readonly status?: object;
  } = {},
): KubeObject {
  const parent = {
    "kustomize.toolkit.fluxcd.io/name": more.parent ?? "",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
  };
  return {
    apiVersion: "x/v1",
    kind,
    metadata: {
      name,
      namespace: more.namespace ?? "flux-system",
      generation: 1,
      ...(more.parent === undefined ? {} : { labels: parent }),
    },
    spec: { ...more.spec },
    status: {
      observedGeneration: 1,
      conditions: [
        { type: "Ready", status, reason, message, lastTransitionTime: at },
        ...(reconciling === undefined
          ? []
          : [{ type: "Reconciling", status: "True", reason: "Progressing", message: reconciling }]),
      ],
      ...more.status,
    },
  };
}

/** The source of the tree. */
export const repository = fluxObject(
  "GitRepository",
  "home-cluster",
  {},
  { status: { artifact: { revision: commit } } },
);

/** A Kustomization of the tree, at the commit unless it is said otherwise. */
export function kustomization(
  name: string,
  saying: Saying = {},
  more: {
    readonly parent?: string;
    readonly spec?: object;
    readonly applied?: string;
    readonly status?: object;
  } = {},
): KubeObject {
  const { applied = commit, parent, spec, status } = more;
  return fluxObject("Kustomization", name, saying, {
    ...(parent === undefined ? {} : { parent }),
    spec: { sourceRef: { kind: "GitRepository", name: "home-cluster" }, ...spec },
    status: { lastAppliedRevision: applied, lastAttemptedRevision: applied, ...status },
  });
}

/** `dependsOn` of these. */
export function dependsOn(...names: readonly string[]): {
  readonly dependsOn: readonly { readonly name: string }[];
} {
  return { dependsOn: names.map((name) => ({ name })) };
}

/** What a dependent says while it waits. */
export const waiting: Saying = {
  status: "False",
  reason: "DependencyNotReady",
  message: "dependency 'flux-system/a' is not ready",
};

/** What a Kustomization that does not build says. */
export const broken: Saying = {
  status: "False",
  reason: "BuildFailed",
  message: "kustomize build failed: accumulating resources",
};
