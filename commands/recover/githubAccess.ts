// GitHub, reached as the stack's own provider reaches it.
import { askGithub, type GithubAccess } from "../../src/steps/github.ts";
import { environmentOf, type StackState } from "./state.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** What GitHub has of one kind below a repository. */
export interface GithubList<Item> {
  /** `<owner>/<repository>` */
  readonly repository: string;
  readonly items: readonly Item[];
  /** @throws StepError when GitHub does not do it */
  remove(id: number): Promise<void>;
}

const perPage = 100;

/**
 * Lists what GitHub has below a repository, e.g. its `keys`.
 * @param right what the token must be allowed to do, for the error
 * @throws StepError when GITHUB_TOKEN is missing, GitHub refuses or does not answer
 */
export async function listAtGithub<Item>(
  state: StackState,
  repository: string,
  kind: "keys" | "hooks",
  right: string,
): Promise<GithubList<Item>> {
  const { owner, baseUrl } = githubOf(state);
  const access: GithubAccess = { baseUrl, token: process.env["GITHUB_TOKEN"] ?? "" };
  const path = `repos/${owner}/${repository}/${kind}`;
  const todo = `export GITHUB_TOKEN with a token that ${right}`;
  const items: Item[] = [];
  for (let page = 1; items.length === (page - 1) * perPage; page++)
    items.push(
      ...((await ask<readonly Item[]>(
        access,
        `${path}?per_page=${String(perPage)}&page=${String(page)}`,
        todo,
      )) ?? []),
    );
  return {
    repository: `${owner}/${repository}`,
    items,
    remove: async (id) => {
      await ask(access, `${path}/${String(id)}`, todo, "DELETE");
    },
  };
}

/** @throws StepError unless GitHub does what it is asked; a deleted thing may be gone already */
async function ask<T>(
  access: GithubAccess,
  path: string,
  todo: string,
  method = "GET",
): Promise<T | undefined> {
  const answer = await askGithub<T>(access, path, method).catch((error: unknown) => {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw new StepError(
      `GitHub does not answer for ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "run it again when it does",
    );
  });
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  if (method === "DELETE" && answer.status === 404) return undefined;
  throw new StepError(
    `GitHub answers HTTP ${String(answer.status)} ${answer.message} for ${path.split("?")[0] ?? ""}`,
    todo,
  );
}

/** Where the stack's GitHub is, as its provider has it in the state. */
export function githubOf(state: StackState): { owner: string; baseUrl: string | undefined } {
  const provider = state.deployment.resources?.find((found) => found.type === "pulumi:providers:github");
  return {
    owner: String(provider?.inputs?.["owner"] ?? ""),
    baseUrl: provider?.inputs?.["baseUrl"] as string | undefined,
  };
}

/** The repository of the stack's last run; undefined before the first. */
export function repositoryOf(state: StackState): string | undefined {
  return environmentOf(state, "preflight-git")["GITHUB_REPOSITORY"];
}
