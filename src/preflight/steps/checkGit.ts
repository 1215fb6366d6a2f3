// Checks the Git side of the config against the world: GitHub's answer to the token and the repository, whether another
// cluster of this name is there, and the Git host's key. Changes nothing.
import { deployKeyTitle, keyMaterial } from "../../config/deployKeys.ts";
import { askGithub, type GithubAnswer } from "../../steps/github.ts";
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

/** GitHub with the token. */
type Ask = <T>(path: string) => Promise<GithubAnswer<T>>;

const again = "then run pulumi up again";
const administer =
  "give the token Administration: read and write on that repository (classic tokens: scope repo, by an admin)";

/** @throws StepError when the Git side is not as the config says */
export async function checkGit(
  step: Step,
  input: Input,
  { ask = askGithub, hostKey = checkHostKey } = {},
): Promise<string> {
  const { git } = input;
  /** Of a site that is down nothing is found where nothing is to be made that needs it. */
  const unlessDown = async (check: () => Promise<string>): Promise<readonly string[]> => {
    try {
      return [await check()];
    } catch (error) {
      if (input.established !== true || !(error instanceof SiteDownError)) throw error;
      step.warn(`${error.message}; this run goes on, since the cluster is there already`);
      return [];
    }
  };
  const found = [
    ...(await unlessDown(async () => checkGithub(input, async (path) => answerOf(input, path, ask)))),
    ...(await unlessDown(
      async () =>
        `the Git host shows its pinned key ${await hostKey(step, gitRemote(git.url, git.knownHosts))}`,
    )),
  ];
  return found.join(", ") || "nobody could be asked";
}

async function checkGithub(input: Input, ask: Ask): Promise<string> {
  const { github, clusterName, established, githubToken, webhookUrl, ownKeys = [] } = input;
  const repository = `${github.owner}/${github.repository}`;
  // Who has none has been told so with the config, and changes nothing at GitHub.
  if (established === true && githubToken === undefined)
    return "GITHUB_TOKEN is not set, GitHub was not asked";
  if (githubToken === undefined)
    throw new StepError(
      "GITHUB_TOKEN is not set: the deploy key cannot be registered",
      `export GITHUB_TOKEN with a fine-grained token for ${repository} that has Administration: read and write`,
    );
  await checkRepository(repository, ask);
  if (webhookUrl !== undefined) await checkWebhooks(repository, ask);
  if (clusterName !== undefined) await refuseOtherCluster(repository, clusterName, ownKeys, ask);
  const may = webhookUrl === undefined ? "deploy keys" : "deploy keys and sees webhooks";
  return `${repository} is there, the token may register ${may}`;
}

async function checkRepository(repository: string, ask: Ask): Promise<void> {
  const { status, message, body } = await ask<Repository>(`repos/${repository}`);
  const advice: Readonly<Record<number, string>> = {
    401: "the token in GITHUB_TOKEN is wrong or expired: make a new one and export it",
    403: `the token may not do this: check its access to ${repository}`,
    404: `create the repository ${repository}, correct github.owner and github.repository in the stack config, or give the token access to it (GitHub answers 404 for both)`,
  };
  if (status !== 200)
    throw new StepError(
      `GitHub on ${repository}: HTTP ${status} ${message}`,
      advice[status] ?? "this is no answer that a GitHub gives: check github.baseUrl in the stack config",
    );
  if (body?.permissions?.admin === false)
    throw new StepError(
      `GitHub: the token may read ${repository}, but not administer it, so it cannot register a deploy key`,
      administer,
    );
}

/** Writing is tried by `up` alone; a token that may not even read has been given no right to webhooks. */
async function checkWebhooks(repository: string, ask: Ask): Promise<void> {
  const { status, message } = await ask(`repos/${repository}/hooks?per_page=1`);
  if (status === 200) return;
  throw new StepError(
    `GitHub: the token may not register a webhook on ${repository}: HTTP ${status} ${message}`,
    "give the token Webhooks: read and write on that repository (classic tokens: scope admin:repo_hook), or take github.webhookUrl out of the stack config",
  );
}

/**
 * A key of this cluster's name that this stack has not made belongs to another cluster. Both would be told apart by nothing
 * that people see, and whoever cleans up after one takes the other's key.
 */
async function refuseOtherCluster(
  repository: string,
  cluster: string,
  ownKeys: readonly string[],
  ask: Ask,
): Promise<void> {
  const ours = ownKeys.map(keyMaterial);
  const other = (await deployKeys(repository, ask)).find(
    ({ title, key }) => title === deployKeyTitle(cluster) && !ours.includes(keyMaterial(key)),
  );
  if (other === undefined) return;
  throw new StepError(
    `GitHub: ${repository} has the deploy key ${other.id} "${other.title}" already, and this stack has not made it: another cluster is called ${cluster}`,
    "nothing has been made; give this cluster another cluster.name, or, if the other one is gone, delete that key in the settings of the repository, then run pulumi up again",
  );
}

async function deployKeys(repository: string, ask: Ask): Promise<readonly DeployKey[]> {
  const perPage = 100;
  const found: DeployKey[] = [];
  for (let page = 1; found.length === (page - 1) * perPage; page++) {
    const path = `repos/${repository}/keys?per_page=${perPage}&page=${page}`;
    const { status, message, body = [] } = await ask<readonly DeployKey[]>(path);
    if (status !== 200)
      throw new StepError(
        `GitHub: the token may not see the deploy keys of ${repository}: HTTP ${status} ${message}`,
        administer,
      );
    found.push(...body);
  }
  return found;
}

/** @throws SiteDownError when GitHub does not answer, or has a problem of its own */
async function answerOf<T>(
  { github: { baseUrl }, githubToken: token = "" }: Input,
  path: string,
  ask: typeof askGithub,
): Promise<GithubAnswer<T>> {
  const answer = await ask<T>({ baseUrl, token }, path).catch((error: unknown) => {
    throw new SiteDownError(
      `GitHub (${baseUrl ?? "api.github.com"}) does not answer: ${causeOf(error)}`,
      `check the network of this computer and github.baseUrl in the stack config, ${again}`,
    );
  });
  const { status, message } = answer;
  if (status >= 500 || status === 429 || (status === 403 && /rate limit/i.test(message)))
    throw new SiteDownError(
      `GitHub on ${path.replace(/\?.*/, "")}: HTTP ${status} ${message}`,
      status >= 500
        ? `GitHub has a problem: see its status page, ${again}`
        : `GitHub's rate limit is used up: wait an hour, ${again}`,
    );
  return answer;
}
