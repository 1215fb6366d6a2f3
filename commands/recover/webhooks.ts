// The same for the webhook: GitHub refuses a second one of the same URL. The URL is a secret, so no line says it.
import { listAtGithub } from "./githubAccess.ts";
import { idsOf, pendingCreates, plainText, type PendingOperation, type StackState } from "./state.ts";

const webhookType = "github:index/repositoryWebhook:RepositoryWebhook";

interface Webhook {
  readonly id: number;
  readonly config?: { readonly url?: string };
}

/**
 * Removes webhooks of the URL that was being registered which are in no state.
 * @param inClear the state with its secrets
 * @returns what it did, one line each
 * @throws CommandError when GITHUB_TOKEN is missing or GitHub refuses
 */
export async function removeUnknownWebhooks(
  pending: readonly PendingOperation[],
  inClear: () => StackState,
): Promise<readonly string[]> {
  if (pendingCreates(pending, webhookType).length === 0) return [];
  const state = inClear();
  const creating = pendingCreates(state.deployment.pending_operations ?? [], webhookType);
  const lines = await Promise.all(creating.map((operation) => remove(operation, state)));
  return lines.flat();
}

async function remove(operation: PendingOperation, state: StackState): Promise<readonly string[]> {
  const { repository, configuration } = operation.resource.inputs as {
    repository: string;
    configuration: { url: unknown };
  };
  const url = plainText(configuration.url);
  const hooks = await listAtGithub<Webhook>(
    state,
    repository,
    "hooks",
    "has Webhooks: read and write on the repository",
  );
  const known = new Set(idsOf(state, webhookType));
  const unknown = hooks.items.filter(
    ({ id, config }) => url !== undefined && config?.url === url && !known.has(String(id)),
  );
  for (const { id } of unknown) await hooks.remove(id);
  return unknown.map(({ id }) => `removed webhook ${String(id)} from ${hooks.repository}: it is in no state`);
}
