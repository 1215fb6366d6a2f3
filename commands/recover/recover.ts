// Puts right what a killed `pulumi up`, or a wipe that failed, left behind, so that the next one can finish it.
import { freeLock, removeBrokenAttributes } from "./fileBackend.ts";
import { leftLine } from "./leftover.ts";
import { findLeftovers } from "./leftovers.ts";
import { forgetWiped } from "./machines.ts";
import {
  exportStack,
  exportStackInClear,
  importStack,
  pendingOf,
  stackOf,
  type StackState,
} from "../pulumi/state.ts";
import { StepError } from "../../src/steps/stepError.ts";

const project = "home-ops";

/** What a recovery has come to. */
interface Recovery {
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
  const pending = pendingOf(state);
  const { leftovers, unseen } = await findLeftovers(state);
  // Without its pending operation nothing would remember that something may be there.
  const inDoubt = unseen.filter(({ type }) => pending.some(({ resource }) => resource.type === type));
  if (inDoubt.length > 0) throw new StepError(inDoubt.map(leftLine).join("\n"));
  for (const { what, remove } of leftovers) {
    if (remove === undefined) continue;
    await remove();
    done.push(`removed ${what}`);
  }
  if (pending.length > 0) dropPendingOperations(stack);
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
    if (pendingOf(state).length > 0) throw error;
    return state;
  }
}

/** Everything else of the state stays byte for byte, secrets encrypted. */
function dropPendingOperations(stack: string): void {
  const { deployment, ...state } = exportStack(stack);
  importStack(stack, { ...state, deployment: { ...deployment, pending_operations: [] } });
}

/** Type and name of a resource, the part of its URN that people know. */
function nameOf(urn: string): string {
  return urn.split("::").slice(-2).join(" ").replace(/^.*\$/, "");
}
