/** Something that a run has left outside the state, or that looks like it. */
export interface Leftover {
  /** What it is, where, and how it is known, e.g. `deploy key 7 "home-ops: home" from home/home-cluster: it is in no state`. */
  readonly what: string;
  /** Removes it. Undefined when nothing proves that it is this stack's: then it stays. */
  readonly remove?: () => Promise<void>;
  /** What somebody can do about what stays. */
  readonly todo?: string;
}

/** How they are written down where nothing is removed: the thing, and the next step. */
export function leftLine({ what, todo }: Leftover): string {
  return todo === undefined ? what : `${what}\n  → ${todo}`;
}
