// What is asked of the program cluster-build, and what it answers. Its side of it: tools/recipes/cluster-build/contract.go.
import type { TreeObject } from "../../tree/index.ts";

/** A tree to be built, and with what. */
export interface BuildRequest {
  /** Absolute path of what the source's artifact would hold: the repository. */
  readonly root: string;
  /** The source that stands for `root`; Kustomizations of other sources are not built. */
  readonly source: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** The Flux Kustomizations to begin with. */
  readonly start: readonly TreeObject[];
  /** What substituteFrom finds, by e.g. `ConfigMap/flux-system/cluster-settings`. */
  readonly variables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether X.sops.yaml.example stands for an X.sops.yaml that is not there. */
  readonly examples: boolean;
  /** Whether an undefined variable is a problem, as it is from Flux 2.9 on. */
  readonly strict: boolean;
  /** Whether what was built is validated. */
  readonly schemas: boolean;
  /** Absolute paths of files with custom resource definitions. */
  readonly definitions: readonly string[];
  /** Absolute path of Kubernetes' own API description; empty where there is none. */
  readonly kubernetes: string;
}

/** An object that Flux would apply. */
export interface BuiltObject {
  readonly object: TreeObject;
  /** Where it comes from, relative to the root; null where kustomize does not know. */
  readonly file: string | null;
}

/** Something that is wrong. */
export interface BuildProblem {
  readonly rule: "build" | "substitution" | "schema";
  /** `Kind namespace/name`; null when it is about the Kustomization as a whole. */
  readonly object: string | null;
  readonly file: string | null;
  /** e.g. `spec.chart.spec.version` */
  readonly field: string | null;
  readonly message: string;
}

/** A Flux Kustomization and what it applies. */
export interface BuiltKustomization {
  readonly namespace: string;
  readonly name: string;
  /** Relative to the root, e.g. `cluster/apps`. */
  readonly path: string;
  /** `namespace/name` of the Kustomization that brings this one; null for one to begin with. */
  readonly parent: string | null;
  /** The Flux Kustomization itself. */
  readonly object: TreeObject;
  /** Why it was not built; null when it was. */
  readonly skipped: string | null;
  readonly objects: readonly BuiltObject[];
  readonly problems: readonly BuildProblem[];
}

/** The whole answer. */
export interface BuildAnswer {
  readonly kustomizations: readonly BuiltKustomization[];
}
