// The same for the webhook: GitHub refuses a second one of the same URL. Its path follows from the stack's own token, so the
// URL proves whose it is. The URL is a secret, so no line says it.
import { webhookType } from "../../src/config/deployKeys.ts";
import { receiverPath } from "../../src/flux/receiverPath.ts";
import { listAtGithub, repositoryOf } from "./githubAccess.ts";
import type { Leftover } from "./leftover.ts";
import {
  environmentOf,
  idsOf,
  pendingCreates,
  plainText,
  resourcesOf,
  stepOutput,
  type StackState,
} from "./state.ts";

interface Webhook {
  readonly id: number;
  readonly config?: { readonly url?: string };
}

/**
 * Webhooks of this stack that are in no state. Asks GitHub only when one was being registered, or when the stack config wants
 * one and the state holds none.
 * @param state with its secrets in clear
 * @throws StepError when GITHUB_TOKEN is missing or GitHub refuses
 */
export async function webhookLeftovers(state: StackState): Promise<readonly Leftover[]> {
  const creating = pendingCreates(state.deployment.pending_operations ?? [], webhookType);
  const token = stepOutput<{ token?: string }>(state, "flux-secrets-webhook-token")?.token;
  const isWanted = environmentOf(state, "preflight-git")["WEBHOOK_URL"] !== undefined;
  const isForgotten = token !== undefined && isWanted && resourcesOf(state, webhookType).length === 0;
  if (creating.length === 0 && !isForgotten) return [];
  const [inputs] = creating.map(({ resource }) => resource.inputs ?? {}) as readonly {
    readonly repository?: string;
    readonly configuration?: { readonly url?: unknown };
  }[];
  const repository = inputs?.repository ?? repositoryOf(state);
  if (repository === undefined) return [];
  const hooks = await listAtGithub<Webhook>(
    state,
    repository,
    "hooks",
    "has Webhooks: read and write on the repository",
  );
  const url = plainText(inputs?.configuration?.url);
  const path = token === undefined ? undefined : receiverPath(token);
  const isOurs = (found: string): boolean => found === url || (path !== undefined && pathOf(found) === path);
  const known = new Set(idsOf(state, webhookType));
  return hooks.items
    .filter(({ id, config }) => config?.url !== undefined && isOurs(config.url) && !known.has(String(id)))
    .map(({ id }) => ({
      what: `webhook ${String(id)} from ${hooks.repository}: it is in no state`,
      remove: async () => hooks.remove(id),
    }));
}

function pathOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).pathname : undefined;
}
