import type { FileObject, Origin, TreeObject } from "./objects.ts";

/** Entries of a list that a patch has replaced. */
export interface Replaced {
  /** e.g. `["spec", "postBuild", "substituteFrom"]` */
  readonly field: readonly string[];
  readonly lost: readonly unknown[];
  readonly by: Origin;
}

/** An object on its way into the cluster. */
export interface Instance {
  /** Where it stands; for a generated one its entry in kustomization.yaml. */
  readonly source: Origin | FileObject;
  /** As far as it has come. */
  readonly data: TreeObject;
  /** What patches have taken from it. */
  readonly replaced: readonly Replaced[];
}
