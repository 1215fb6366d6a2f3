// Puts right what a killed `pulumi up` left behind, so that the next one can finish it.
import { removeUnknownDeployKeys } from "./deployKeys.ts";
import { removeUnknownWebhooks } from "./webhooks.ts";
import { removeBrokenAttributes } from "./attributes.ts";
import { clearReleases } from "./helm.ts";
import { freeLock } from "./lock.ts";
import { pulumi } from "../pulumiCli.ts";
import { dropPendingOperations, exportStack, exportStackInClear } from "./state.ts";

const project = "home-ops";

/**
 * Recovers a stack; does nothing when its last run ended by itself.
 *
 * Everything else that a step was doing needs nothing: steps look first and may run again, and Kubernetes objects are
 * written under one field manager, which makes a second create the same as the first.
 * @param args command line of pulumi, for `--stack`
 * @returns what it did, one line each
 */
export async function recover(args: readonly string[]): Promise<readonly string[]> {
  // First of all: with broken files pulumi does not even say which stack is meant.
  const repaired = removeBrokenAttributes(project);
  const stack = stackOf(args);
  const done = [...repaired, ...(await freeLock(stack, project))];
  const state = exportStack(stack);
  const pending = state.deployment.pending_operations ?? [];
  if (pending.length === 0) return done;
  done.push(...(await clearReleases(pending, () => exportStackInClear(stack))));
  done.push(...(await removeUnknownDeployKeys(pending, state)));
  done.push(...(await removeUnknownWebhooks(pending, () => exportStackInClear(stack))));
  dropPendingOperations(stack, state);
  for (const operation of pending)
    done.push(`dropped a pending operation: ${operation.type} ${nameOf(operation.resource.urn)}`);
  return done;
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
