import { describe } from "../../src/steps/stepError.ts";

/** Something that a run has left outside the state, or that looks like it. */
export interface Leftover {
  /** What it is, where, and how it is known, e.g. `deploy key 7 "home-ops: home" from home/home-cluster: it is in no state`. */
  readonly what: string;
  /** Removes it. Undefined when nothing proves that it is this stack's: then it stays. */
  readonly remove?: () => Promise<void>;
  /** What somebody can do about what stays. */
  readonly todo?: string;
}

/** What was found or could not be looked at, and the next step. */
export function leftLine({ what, todo }: Pick<Leftover, "what" | "todo">): string {
  return describe({ message: what, ...(todo === undefined ? {} : { todo }) });
}
