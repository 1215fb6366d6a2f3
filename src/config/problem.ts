// One mistake in the input, as a person reads it: where, what was found, what is expected, what to do.
import { hasSecretShape } from "../steps/redact.ts";

/** A mistake, e.g. path `nodes[1].address`, message `10.0.9.4 is not inside network.nodeCidr 10.0.0.0/24`. */
export interface Problem {
  /** Where it is: the key in the stack config as it is written there, or a file. */
  readonly path: string;
  /** Value found and rule. Never a secret. */
  readonly message: string;
  /** What to do: an imperative without a full stop; empty where the message says it. */
  readonly todo: string;
}

/** What a check found. */
export interface Findings {
  readonly problems: readonly Problem[];
  /** What is allowed, but unwise, untested, or could not be checked. */
  readonly warnings: readonly string[];
}

/** Puts a problem together. */
export function problem(path: string, message: string, todo = ""): Problem {
  return { path, message, todo };
}

/** A problem in one line without its path, e.g. `is missing → add it`. */
export function problemText({ message, todo }: Problem): string {
  return todo === "" ? message : `${message} → ${todo}`;
}

/** All problems of a stack as one message, e.g. `Pulumi.home.yaml: 2 problems` and one line for each. */
export function describeProblems(stack: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${String(problems.length)} problems`;
  return [
    `Pulumi.${stack}.yaml: ${count}`,
    ...problems.map((one) => `  ${one.path}: ${problemText(one)}`),
  ].join("\n");
}

/** Longer values add nothing to a message. */
const longestShown = 80;

/**
 * A value found, for a message: strings bare, everything else as JSON, long ones cut. What looks like a key or a token is
 * left out: somebody who pastes one into the wrong place shall not find it in a log as well.
 */
export function show(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (hasSecretShape(text)) return "[something secret]";
  if (text === "") return "an empty text";
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
