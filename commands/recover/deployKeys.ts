// A deploy key that GitHub has and the state does not: the run was killed between the two. GitHub would refuse the same
// key once more, and an unknown key that can read the repository is not left lying about.
import { listAtGithub } from "./githubAccess.ts";
import { idsOf, pendingCreates, type PendingOperation, type StackState } from "./state.ts";

const deployKeyType = "github:index/repositoryDeployKey:RepositoryDeployKey";

interface DeployKey {
  readonly id: number;
  readonly title: string;
}

/**
 * Removes deploy keys with this cluster's title that are in no state.
 * @returns what it did, one line each
 * @throws CommandError when GITHUB_TOKEN is missing or GitHub refuses
 */
export async function removeUnknownDeployKeys(
  pending: readonly PendingOperation[],
  state: StackState,
): Promise<readonly string[]> {
  const lines = await Promise.all(
    pendingCreates(pending, deployKeyType).map((operation) => remove(operation, state)),
  );
  return lines.flat();
}

async function remove(operation: PendingOperation, state: StackState): Promise<readonly string[]> {
  const { repository, title } = operation.resource.inputs as { repository: string; title: string };
  const keys = await listAtGithub<DeployKey>(state, repository, "keys", "may administer the repository");
  // The real plugin's ids are `repository:number`.
  const known = new Set(idsOf(state, deployKeyType).map((id) => id.split(":").at(-1)));
  const unknown = keys.items.filter((key) => key.title === title && !known.has(String(key.id)));
  for (const key of unknown) await keys.remove(key.id);
  return unknown.map(
    (key) => `removed deploy key ${String(key.id)} "${title}" from ${keys.repository}: it is in no state`,
  );
}
