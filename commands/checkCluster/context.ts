// What every rule is told.
import type { TreeModel } from "../../tree/index.ts";
import type { BuildAnswer } from "../tree/types.ts";
import type { StackPins } from "./stackPins.ts";

/** What every rule is told. */
export interface CheckContext {
  readonly model: TreeModel;
  /** Whether it is a tree of this program, which hands its four objects over and makes its secrets. */
  readonly isHandOff: boolean;
  /** Versions that stack files pin. */
  readonly stacks: readonly StackPins[];
  /** The version of Kubernetes to check against, e.g. `v1.36.3`; undefined: the newest known. */
  readonly kubernetes: string | undefined;
  /** What cluster-build made of the tree: one answer per cluster; none where the program is not there. */
  readonly builds: readonly BuildAnswer[];
}
