// GitHub, reached as the stack's own provider reaches it.
import { askGithub, type GithubAccess } from "../../src/steps/github.ts";
import { CommandError } from "../pulumiCli.ts";
import type { StackState } from "./state.ts";

/** What GitHub has of one kind below a repository. */
export interface GithubList<Item> {
  /** `<owner>/<repository>` */
  readonly repository: string;
  readonly items: readonly Item[];
  remove(id: number): Promise<void>;
}

/**
 * Lists what GitHub has below a repository, e.g. its `keys`.
 * @param right what the token must be allowed to do, for the error
 * @throws CommandError when GITHUB_TOKEN is missing or GitHub refuses
 */
export async function listAtGithub<Item>(
  state: StackState,
  repository: string,
  kind: "keys" | "hooks",
  right: string,
): Promise<GithubList<Item>> {
  const { owner, baseUrl } = providerInputs(state);
  const access: GithubAccess = { baseUrl, token: process.env["GITHUB_TOKEN"] ?? "" };
  const path = `repos/${owner}/${repository}/${kind}`;
  const answer = await askGithub<readonly Item[]>(access, `${path}?per_page=100`);
  if (answer.status !== 200)
    throw new CommandError(
      `GitHub answers HTTP ${String(answer.status)} ${answer.message} for ${path}\n  → export GITHUB_TOKEN with a token that ${right}`,
    );
  return {
    repository: `${owner}/${repository}`,
    items: answer.body ?? [],
    remove: async (id) => {
      await askGithub(access, `${path}/${String(id)}`, "DELETE");
    },
  };
}

function providerInputs(state: StackState): { owner: string; baseUrl: string | undefined } {
  const provider = state.deployment.resources?.find((found) => found.type === "pulumi:providers:github");
  return {
    owner: String(provider?.inputs?.["owner"] ?? ""),
    baseUrl: provider?.inputs?.["baseUrl"] as string | undefined,
  };
}
