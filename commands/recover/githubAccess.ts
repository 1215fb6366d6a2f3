// GitHub, reached as the stack's own provider reaches it.
import { askGithub, type GithubAccess } from "../../src/steps/github.ts";
import { environmentOf, idsOf, pendingCreates, resourcesOf, type StackState } from "./state.ts";
import { causeOf, StepError } from "../../src/steps/stepError.ts";

/** What the stack registers below a repository of GitHub. */
interface Kind {
  /** Type of the resources in the state. */
  readonly type: string;
  readonly kind: "keys" | "hooks";
  /** What the token must be allowed to do, for the error. */
  readonly right: string;
  /** Whether the stack has made one. */
  readonly isMade: boolean;
}

/** What GitHub has of one kind below a repository, and the state does not. */
interface OutsideState<Item> {
  /** Inputs of the one that was being registered when the run was killed. */
  readonly inputs: Readonly<Record<string, unknown>> | undefined;
  /** `<owner>/<repository>` */
  readonly repository: string;
  readonly items: readonly Item[];
  /** @throws StepError when GitHub does not do it */
  readonly remove: (id: number) => Promise<void>;
}

const perPage = 100;

/**
 * Lists what is in no state. Asks GitHub only when one was being registered, or when the stack has made one and the state
 * holds none.
 * @param state with its secrets in clear
 * @returns undefined when GitHub was not asked
 * @throws StepError when GITHUB_TOKEN is missing, GitHub refuses or does not answer
 */
export async function outsideState<Item extends { readonly id: number }>(
  state: StackState,
  { type, kind, right, isMade }: Kind,
): Promise<OutsideState<Item> | undefined> {
  const creating = pendingCreates(state.deployment.pending_operations ?? [], type);
  if (creating.length === 0 && !(isMade && resourcesOf(state, type).length === 0)) return undefined;
  const [inputs] = creating.map(({ resource }) => resource.inputs ?? {});
  // The repository of the stack's last run, where none was being registered.
  const repository = String(
    inputs?.["repository"] ?? environmentOf(state, "preflight-git")["GITHUB_REPOSITORY"] ?? "",
  );
  if (repository === "") return undefined;
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
  // The real plugin's ids of deploy keys are `repository:number`.
  const known = new Set(idsOf(state, type).map((id) => id.split(":").at(-1)));
  return {
    inputs,
    repository: `${owner}/${repository}`,
    items: items.filter(({ id }) => !known.has(String(id))),
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
    throw new StepError(`GitHub does not answer for ${path}: ${causeOf(error)}`, "run it again when it does");
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
