// What a check finds.

/** A mistake, e.g. path `nodes[1].address`, message `10.0.9.4 is not inside network.nodeCidr 10.0.0.0/24`. */
export interface Problem {
  /** Where it is: the key in the stack config as it is written there, or a file. */
  readonly path: string;
  /** Value found and rule. Never a secret. */
  readonly message: string;
  /** What to do: an imperative without a full stop; empty where the message says it. */
  readonly todo: string;
}

/** A problem, or the text of a warning: what is allowed, but unwise, untested, or could not be checked. */
export type Finding = Problem | string;

/** Both, sorted. */
export interface Findings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Sorts them. */
export function sortFindings(found: readonly Finding[]): Findings {
  return {
    problems: found.filter((one) => typeof one !== "string"),
    warnings: found.filter((one) => typeof one === "string"),
  };
}
