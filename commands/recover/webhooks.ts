// The same for the webhook: GitHub refuses a second one of the same URL. Its path follows from the stack's own token, so the
// URL proves whose it is. The URL is a secret, so no line says it.
import { webhookType } from "../../src/config/deployKeys.ts";
import { receiverPath } from "../../src/flux/receiverPath.ts";
import { outsideState } from "./githubAccess.ts";
import type { Leftover } from "./leftover.ts";
import { environmentOf, plainText, stepOutput, type StackState } from "./state.ts";

interface Webhook {
  readonly id: number;
  readonly config?: { readonly url?: string };
}

/**
 * Webhooks of this stack that are in no state.
 * @param state with its secrets in clear
 * @throws StepError when GITHUB_TOKEN is missing or GitHub refuses
 */
export async function webhookLeftovers(state: StackState): Promise<readonly Leftover[]> {
  const token = stepOutput<{ token?: string }>(state, "flux-secrets-webhook-token")?.token;
  const isWanted = environmentOf(state, "preflight-git")["WEBHOOK_URL"] !== undefined;
  const found = await outsideState<Webhook>(state, {
    type: webhookType,
    kind: "hooks",
    right: "has Webhooks: read and write on the repository",
    isMade: token !== undefined && isWanted,
  });
  if (found === undefined) return [];
  const { inputs, repository, items, remove } = found;
  const url = plainText((inputs?.["configuration"] as { readonly url?: unknown } | undefined)?.url);
  const path = token === undefined ? undefined : receiverPath(token);
  const isOurs = (one: string): boolean => one === url || (path !== undefined && pathOf(one) === path);
  return items
    .filter(({ config }) => config?.url !== undefined && isOurs(config.url))
    .map(({ id }) => ({
      what: `webhook ${String(id)} from ${repository}: it is in no state`,
      remove: async () => remove(id),
    }));
}

function pathOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).pathname : undefined;
}
