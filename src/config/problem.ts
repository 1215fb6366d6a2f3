// One mistake in the input, as a person reads it: where, what was found, what is expected, what to do.
import { hasSecretShape } from "../steps/redact.ts";
import { sortFindings, type Finding, type Findings, type Problem } from "../versions/findings.ts";

export { sortFindings, type Finding, type Findings, type Problem };

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
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  const lines = problems.map((one) => `\n  ${one.path}: ${problemText(one)}`);
  return `Pulumi.${stack}.yaml: ${count}${lines.join("")}`;
}

/**
 * A value found, for a message: strings bare, everything else as JSON, long ones cut. What looks like a key or a token is
 * left out: somebody who pastes one into the wrong place shall not find it in a log as well.
 */
export function show(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (hasSecretShape(text)) return "[something secret]";
  if (text === "") return "an empty text";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
