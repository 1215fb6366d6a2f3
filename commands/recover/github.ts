// What GitHub has of this stack and the state does not: a deploy key or a webhook. The run was killed between the two, or a refresh
// without a right token has dropped it; GitHub would refuse the same once more. GitHub is reached as the stack's own provider does.
import { deployKeyTitle, deployKeyType, keyMaterial, webhookType } from "../../src/config/deployKeys.ts";
import { receiverPath } from "../../src/flux/receiverPath.ts";
import { askGithub, type GithubAccess } from "../../src/steps/github.ts";
import { causeOf, StepError } from "../../src/steps/stepError.ts";
import {
  environmentOf,
  pendingOf,
  plainText,
  resourcesOf,
  stepOutput,
  type StackState,
} from "../pulumi/state.ts";
import type { Leftover } from "./leftover.ts";

const pairStep = "flux-secrets-deploy-key-pair";

/**
 * Deploy keys of this stack that are in no state, and those of its title that are another's. What proves that a key is this
 * stack's is the key itself; the title says only a cluster's name, and another cluster may have the same.
 */
export async function deployKeyLeftovers(state: StackState): Promise<readonly Leftover[]> {
  const made = stepOutput<{ publicKey?: string }>(state, pairStep)?.publicKey;
  const found = await outsideState<{ id: number; title: string; key: string }>(state, {
    type: deployKeyType,
    kind: "keys",
    right: "may administer the repository",
    isMade: made !== undefined,
  });
  if (found === undefined) return [];
  const { inputs, repository, items, remove } = found;
  const title = String(
    inputs?.["title"] ?? deployKeyTitle(environmentOf(state, pairStep)["CLUSTER_NAME"] ?? ""),
  );
  const ours = new Set(
    [made, plainText(inputs?.["key"])].flatMap((key) => (key === undefined ? [] : [keyMaterial(key)])),
  );
  return items.flatMap((key): Leftover[] => {
    const name = `deploy key ${String(key.id)} "${key.title}" from ${repository}`;
    if (ours.has(keyMaterial(key.key)))
      return [{ what: `${name}: it is in no state`, remove: async () => remove(key.id) }];
    if (key.title !== title) return [];
    return [
      {
        what: `${name}: it has this cluster's name, but not a key that this stack has made`,
        todo: "another cluster may read Git with it; if none does, delete it in the settings of the repository",
      },
    ];
  });
}

/**
 * The same of webhooks: GitHub refuses a second one of the same URL. Its path follows from the stack's own token, so the URL
 * proves whose it is. The URL is a secret, so no line says it.
 */
export async function webhookLeftovers(state: StackState): Promise<readonly Leftover[]> {
  const token = stepOutput<{ token?: string }>(state, "flux-secrets-webhook-token")?.token;
  const isWanted = environmentOf(state, "preflight-git")["WEBHOOK_URL"] !== undefined;
  const found = await outsideState<{ id: number; config?: { url?: string } }>(state, {
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

/** What the stack registers below a repository of GitHub. */
interface Kind {
  readonly type: string;
  readonly kind: "keys" | "hooks";
  /** What the token must be allowed to do, for the error. */
  readonly right: string;
  readonly isMade: boolean;
}

const perPage = 100;

/**
 * Lists what is in no state, with the inputs of the one that was being registered. Asks GitHub only when one was, or when the
 * stack has made one and the state holds none; undefined otherwise.
 */
async function outsideState<Item extends { readonly id: number }>(
  state: StackState,
  { type, kind, right, isMade }: Kind,
) {
  const creating = pendingOf(state, type).find((operation) => operation.type === "creating");
  if (creating === undefined && !(isMade && resourcesOf(state, type).length === 0)) return undefined;
  const inputs = creating?.resource.inputs;
  // The repository of the stack's last run, where none was being registered.
  const repository = String(
    inputs?.["repository"] ?? environmentOf(state, "preflight-git")["GITHUB_REPOSITORY"] ?? "",
  );
  if (repository === "") return undefined;
  const { owner, baseUrl } = githubOf(state);
  const access: GithubAccess = { baseUrl, token: process.env["GITHUB_TOKEN"] ?? "" };
  const path = `repos/${owner}/${repository}/${kind}`;
  const todo = {
    refused: `export GITHUB_TOKEN with a token that ${right}`,
    silent: "run it again when it does",
  };
  const items: Item[] = [];
  for (let page = 1; items.length === (page - 1) * perPage; page++)
    items.push(
      ...((await ask<readonly Item[]>(access, `${path}?per_page=${perPage}&page=${page}`, todo)) ?? []),
    );
  // The real plugin's ids of deploy keys are `repository:number`.
  const known = new Set(resourcesOf(state, type).map(({ id }) => id?.split(":").at(-1)));
  return {
    inputs,
    repository: `${owner}/${repository}`,
    items: items.filter(({ id }) => !known.has(String(id))),
    remove: async (id: number) => {
      await ask(access, `${path}/${String(id)}`, { ...todo, method: "DELETE" });
    },
  };
}

/** @throws StepError unless GitHub does what it is asked; a deleted thing may be gone already */
export async function ask<T>(
  access: GithubAccess,
  path: string,
  { method = "GET", refused, silent }: { method?: string; refused: string; silent: string },
): Promise<T | undefined> {
  const [place] = path.split("?");
  const answer = await askGithub<T>(access, path, method).catch((error: unknown) => {
    throw new StepError(`GitHub does not answer for ${place}: ${causeOf(error)}`, silent);
  });
  const { status, body, message } = answer;
  if (status >= 200 && status < 300) return body;
  if (method === "DELETE" && status === 404) return undefined;
  throw new StepError(`GitHub answers HTTP ${String(status)} ${message} for ${place}`, refused);
}

/** Where the stack's GitHub is, as its provider has it in the state. */
export function githubOf(state: StackState): { owner: string; baseUrl: string | undefined } {
  const [provider] = resourcesOf(state, "pulumi:providers:github");
  return {
    owner: String(provider?.inputs?.["owner"] ?? ""),
    baseUrl: provider?.inputs?.["baseUrl"] as string | undefined,
  };
}
