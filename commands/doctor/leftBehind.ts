// What a run has left behind in the state and outside it, as `npm run recover` would find it. Changes nothing.
import { findLeftovers, type Findings } from "../recover/leftovers.ts";
import { exportStackInClear, pendingOf, type StackState } from "../pulumi/state.ts";
import type { Finding } from "./report.ts";
import { StepError } from "../../src/steps/stepError.ts";

const what = "left behind";

/** `up` first: without its deploy key a living cluster reads no Git until the next one. */
const onceRemovable =
  "npm run up removes it and makes anew what the cluster needs; npm run recover only removes it";

/** Looks at a stack; one that cannot be read is a warning. */
export async function leftBehind(stack: string): Promise<readonly Finding[]> {
  let state: StackState;
  try {
    state = exportStackInClear(stack);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const found = `the state cannot be read: ${error.message.split("\n").at(-1) ?? ""}`;
    const todo = "pulumi login, and PULUMI_CONFIG_PASSPHRASE or its file";
    return [{ state: "warning", what, found, todo }];
  }
  return leftBehindFindings(state, await findLeftovers(state));
}

/** The same written down. Pure. */
export function leftBehindFindings(state: StackState, { leftovers, unseen }: Findings): readonly Finding[] {
  const pending = pendingOf(state).length;
  const killed = {
    found: `the last run was killed in ${String(pending)} operations`,
    todo: "npm run up finishes it",
  };
  const findings: readonly Finding[] = [
    ...(pending === 0 ? [] : [killed]),
    ...leftovers.map(({ what: found, remove, todo = "" }) => ({
      found,
      todo: remove === undefined ? todo : onceRemovable,
    })),
    ...unseen.map(({ what: found, todo }) => ({ found, todo })),
  ].map((finding) => ({ state: "warning", what, ...finding }));
  return findings.length > 0 ? findings : [{ state: "ok", what, found: "nothing of a run that was killed" }];
}
