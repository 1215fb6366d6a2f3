// Puts right what a killed `pulumi up`, or a wipe that failed, left behind, so that the next one can finish it.
import { removeBrokenAttributes } from "./attributes.ts";
import { leftLine } from "./leftover.ts";
import { findLeftovers } from "./leftovers.ts";
import { freeLock } from "./lock.ts";
import { forgetWiped } from "./machines.ts";
import { pulumi } from "../pulumiCli.ts";
import { dropPendingOperations, exportStack, exportStackInClear, type StackState } from "./state.ts";
import { StepError } from "../../src/steps/stepError.ts";

const project = "home-ops";

/** What a recovery has come to. */
export interface Recovery {
  /** What it did, one line each. */
  readonly done: readonly string[];
  /** What it found and left, or could not look at, with what to do. */
  readonly left: readonly string[];
}

/**
 * Recovers a stack; does nothing when there is nothing left behind.
 *
 * Everything else that a step was doing needs nothing: steps look first and may run again, and Kubernetes objects are
 * written under one field manager, which makes a second create the same as the first.
 * @param args command line of pulumi, for `--stack`
 * @param verb what comes next: `up`, `refresh`, `destroy`, or `recover` for nothing
 * @throws StepError when a killed run may have left something where nobody can look; its pending operations stay then
 */
export async function recover(args: readonly string[], verb: string): Promise<Recovery> {
  // First of all: with broken files pulumi does not even say which stack is meant.
  const repaired = removeBrokenAttributes(project);
  const stack = stackOf(args);
  const done = [...repaired, ...(await freeLock(stack, project))];
  const state = readable(stack);
  const pending = state.deployment.pending_operations ?? [];
  const { leftovers, unseen } = await findLeftovers(state);
  // Without its pending operation nothing would remember that something may be there.
  const inDoubt = unseen.filter(({ type }) => pending.some(({ resource }) => resource.type === type));
  if (inDoubt.length > 0) throw new StepError(inDoubt.map(leftLine).join("\n"));
  for (const { what, remove } of leftovers) {
    if (remove === undefined) continue;
    await remove();
    done.push(`removed ${what}`);
  }
  if (pending.length > 0) dropPendingOperations(stack, exportStack(stack));
  for (const operation of pending)
    done.push(`dropped a pending operation: ${operation.type} ${nameOf(operation.resource.urn)}`);
  done.push(...(await forgetWiped(stack, state, verb)));
  const stays = leftovers.filter(({ remove }) => remove === undefined);
  return { done, left: [...stays, ...unseen].map(leftLine) };
}

/**
 * The state with its secrets in clear; without them where there is no passphrase in the environment, and nothing was going on:
 * pulumi itself asks for it later.
 */
function readable(stack: string): StackState {
  try {
    return exportStackInClear(stack);
  } catch (error) {
    const state = exportStack(stack);
    if ((state.deployment.pending_operations ?? []).length > 0) throw error;
    return state;
  }
}

/** The stack that a command line means: its `--stack` or `-s`, or the selected one. */
export function stackOf(args: readonly string[]): string {
  const at = args.findIndex((arg) => arg === "--stack" || arg === "-s");
  const named =
    at >= 0 ? args[at + 1] : args.find((arg) => arg.startsWith("--stack="))?.slice("--stack=".length);
  return named ?? pulumi(["stack", "--show-name"]).trim();
}

/** Type and name of a resource, the part of its URN that people know. */
function nameOf(urn: string): string {
  return urn.split("::").slice(-2).join(" ").replace(/^.*\$/, "");
}
