// A deploy key that GitHub has and the state does not: the run was killed between the two. GitHub would refuse the same
// key once more, and an unknown key that can read the repository is not left lying about.
import { askGithub, type GithubAccess } from "../../src/steps/github.ts";
import { CommandError } from "./pulumi.ts";
import type { PendingOperation, StackState } from "./state.ts";

const deployKeyType = "github:index/repositoryDeployKey:RepositoryDeployKey";
const providerType = "pulumi:providers:github";

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
  const creating = pending.filter(
    (found) => found.resource.type === deployKeyType && found.type === "creating",
  );
  const lines = await Promise.all(creating.map((operation) => remove(operation, state)));
  return lines.flat();
}

async function remove(operation: PendingOperation, state: StackState): Promise<readonly string[]> {
  const { repository, title } = operation.resource.inputs as { repository: string; title: string };
  const { owner, baseUrl } = providerInputs(state);
  const access = { baseUrl, token: process.env["GITHUB_TOKEN"] ?? "" };
  const path = `repos/${owner}/${repository}/keys`;
  const known = new Set(
    (state.deployment.resources ?? [])
      .filter((found) => found.type === deployKeyType)
      .map((found) => found.id),
  );
  const unknown = (await list(access, path)).filter(
    (key) => key.title === title && !known.has(String(key.id)),
  );
  for (const key of unknown) await askGithub(access, `${path}/${String(key.id)}`, "DELETE");
  return unknown.map(
    (key) => `removed deploy key ${String(key.id)} "${title}" from ${owner}/${repository}: it is in no state`,
  );
}

async function list(access: GithubAccess, path: string): Promise<readonly DeployKey[]> {
  const answer = await askGithub<readonly DeployKey[]>(access, `${path}?per_page=100`);
  if (answer.status === 200) return answer.body ?? [];
  throw new CommandError(
    `GitHub answers HTTP ${String(answer.status)} ${answer.message} for ${path}\n  → export GITHUB_TOKEN with a token that may administer the repository`,
  );
}

function providerInputs(state: StackState): { owner: string; baseUrl: string | undefined } {
  const provider = state.deployment.resources?.find((found) => found.type === providerType);
  return {
    owner: String(provider?.inputs?.["owner"] ?? ""),
    baseUrl: provider?.inputs?.["baseUrl"] as string | undefined,
  };
}
