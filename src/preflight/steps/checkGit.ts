// Checks the Git side of the config against the world: GitHub's answer to the token and the repository, whether another
// cluster of this name is there, and the Git host's key. Changes nothing.
import { deployKeyTitle, keyMaterial } from "../../config/deployKeys.ts";
import { askGithub, type GithubAccess, type GithubAnswer } from "../../steps/github.ts";
import { checkHostKey, gitRemote } from "../../steps/ssh.ts";
import { causeOf, SiteDownError, StepError } from "../../steps/stepError.ts";
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import type { checkGit as contract } from "../contracts.ts";

interface Repository {
  readonly permissions?: { readonly admin?: boolean };
}

interface DeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
}

type Input = InputOf<typeof contract>;

/** GitHub with the token, where there is one. */
interface Access extends Input {
  readonly repository: string;
  readonly ask: <T>(path: string) => Promise<GithubAnswer<T>>;
}

/** @throws StepError when the Git side is not as the config says */
export async function checkGit(
  step: Step,
  input: Input,
  { ask = askGithub, hostKey = checkHostKey } = {},
): Promise<string> {
  const { github, git, githubToken: token = "" } = input;
  const access: Access = {
    ...input,
    repository: `${github.owner}/${github.repository}`,
    ask: (path) => answerOf({ baseUrl: github.baseUrl, token }, path, ask),
  };
  const repository = await unlessDown(step, input, async () => checkGithub(access));
  const key = await unlessDown(
    step,
    input,
    async () =>
      `the Git host shows its pinned key ${await hostKey(step, gitRemote(git.url, git.knownHosts))}`,
  );
  return [repository, key].filter((part) => part !== undefined).join(", ") || "nobody could be asked";
}

/** @returns undefined when the site is down and nothing is to be made that needs it */
async function unlessDown(
  step: Step,
  { established }: Input,
  check: () => Promise<string>,
): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    if (established !== true || !(error instanceof SiteDownError)) throw error;
    step.warn(`${error.message}; this run goes on, since the cluster is there already`);
    return undefined;
  }
}

async function checkGithub(access: Access): Promise<string> {
  const { repository, clusterName, established, githubToken, webhookUrl } = access;
  // Who has none has been told so with the config, and changes nothing at GitHub.
  if (established === true && githubToken === undefined)
    return "GITHUB_TOKEN is not set, GitHub was not asked";
  await checkRepository(access);
  if (webhookUrl !== undefined) await checkWebhooks(access);
  if (clusterName !== undefined) await refuseOtherCluster(access, clusterName);
  const may = webhookUrl === undefined ? "deploy keys" : "deploy keys and sees webhooks";
  return `${repository} is there, the token may register ${may}`;
}

async function checkRepository({ repository, githubToken, ask }: Access): Promise<void> {
  if (githubToken === undefined)
    throw new StepError(
      "GITHUB_TOKEN is not set: the deploy key cannot be registered",
      `export GITHUB_TOKEN with a fine-grained token for ${repository} that has Administration: read and write`,
    );
  const answer = await ask<Repository>(`repos/${repository}`);
  const todo = tokenAdvice(answer, repository);
  if (todo !== undefined)
    throw new StepError(`GitHub on ${repository}: HTTP ${String(answer.status)} ${answer.message}`, todo);
  if (answer.body?.permissions?.admin === false)
    throw new StepError(
      `GitHub: the token may read ${repository}, but not administer it, so it cannot register a deploy key`,
      "give the token Administration: read and write on that repository (classic tokens: scope repo, by an admin)",
    );
}

/** Writing is tried by `up` alone; a token that may not even read has been given no right to webhooks. */
async function checkWebhooks({ repository, ask }: Access): Promise<void> {
  const { status, message } = await ask(`repos/${repository}/hooks?per_page=1`);
  if (status === 200) return;
  throw new StepError(
    `GitHub: the token may not register a webhook on ${repository}: HTTP ${String(status)} ${message}`,
    "give the token Webhooks: read and write on that repository (classic tokens: scope admin:repo_hook), or take github.webhookUrl out of the stack config",
  );
}

/**
 * A key of this cluster's name that this stack has not made belongs to another cluster. Both would be told apart by nothing
 * that people see, and whoever cleans up after one takes the other's key.
 */
async function refuseOtherCluster(access: Access, cluster: string): Promise<void> {
  const { repository, ownKeys = [] } = access;
  const ours = ownKeys.map(keyMaterial);
  const keys = await deployKeys(access);
  const other = keys.find(
    ({ title, key }) => title === deployKeyTitle(cluster) && !ours.includes(keyMaterial(key)),
  );
  if (other === undefined) return;
  throw new StepError(
    `GitHub: ${repository} has the deploy key ${String(other.id)} "${other.title}" already, and this stack has not made it: another cluster is called ${cluster}`,
    "nothing has been made; give this cluster another cluster.name, or, if the other one is gone, delete that key in the settings of the repository, then run pulumi up again",
  );
}

async function deployKeys({ repository, ask }: Access): Promise<readonly DeployKey[]> {
  const perPage = 100;
  const found: DeployKey[] = [];
  for (let page = 1; found.length === (page - 1) * perPage; page++) {
    const path = `repos/${repository}/keys?per_page=${String(perPage)}&page=${String(page)}`;
    const { status, message, body } = await ask<readonly DeployKey[]>(path);
    if (status !== 200)
      throw new StepError(
        `GitHub: the token may not see the deploy keys of ${repository}: HTTP ${String(status)} ${message}`,
        "give the token Administration: read and write on that repository (classic tokens: scope repo, by an admin)",
      );
    found.push(...(body ?? []));
  }
  return found;
}

async function answerOf<T>(
  access: GithubAccess,
  path: string,
  ask: typeof askGithub,
): Promise<GithubAnswer<T>> {
  const { baseUrl } = access;
  const again = "then run pulumi up again";
  let answer: GithubAnswer<T>;
  try {
    answer = await ask<T>(access, path);
  } catch (error) {
    throw new SiteDownError(
      `GitHub (${baseUrl ?? "api.github.com"}) does not answer: ${causeOf(error)}`,
      `check the network of this computer and github.baseUrl in the stack config, ${again}`,
    );
  }
  const { status, message } = answer;
  if (status >= 500 || status === 429 || (status === 403 && /rate limit/i.test(message)))
    throw new SiteDownError(
      `GitHub on ${path.split("?")[0] ?? ""}: HTTP ${String(status)} ${message}`,
      status >= 500
        ? `GitHub has a problem: see its status page, ${again}`
        : `GitHub's rate limit is used up: wait an hour, ${again}`,
    );
  return answer;
}

function tokenAdvice(answer: GithubAnswer<Repository>, repository: string): string | undefined {
  if (answer.status === 200) return undefined;
  if (answer.status === 401)
    return "the token in GITHUB_TOKEN is wrong or expired: make a new one and export it";
  if (answer.status === 403) return `the token may not do this: check its access to ${repository}`;
  if (answer.status === 404)
    return `create the repository ${repository}, correct github.owner and github.repository in the stack config, or give the token access to it (GitHub answers 404 for both)`;
  return "this is no answer that a GitHub gives: check github.baseUrl in the stack config";
}
