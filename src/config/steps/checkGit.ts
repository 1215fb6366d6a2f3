// Checks the Git side of the config against the world: GitHub's answer to the token and the repository, whether another
// cluster of this name is there, and the Git host's key. Changes nothing.
import { deployKeyTitle, keyMaterial } from "../deployKeys.ts";
import { askGithub, type GithubAnswer } from "../../steps/github.ts";
import { checkHostKey, gitRemote } from "../../steps/ssh.ts";
import { SiteDownError, StepError } from "../../steps/stepError.ts";
import { runStep, type Step } from "../../steps/step.ts";

interface Repository {
  readonly permissions?: { readonly admin?: boolean };
}

interface DeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
}

/**
 * Whether the cluster is there already. Then a site that is down stops nothing here: what needs it says so when its turn comes,
 * and the last proof says whether Flux reads Git.
 */
const isEstablished = process.env["ESTABLISHED"] === "true";

await runStep({ name: "check Git access", timeoutSeconds: 90 }, async (step) => {
  const repository = `${step.input("GITHUB_OWNER")}/${step.input("GITHUB_REPOSITORY")}`;
  const host = gitRemote(step.input("GIT_URL"), step.input("GIT_KNOWN_HOSTS").split("\n"));
  const github = await unlessDown(step, async () => checkGithub(step, repository));
  const key = await unlessDown(
    step,
    async () => `the Git host shows its pinned key ${await checkHostKey(step, host)}`,
  );
  return [github, key].filter((part) => part !== undefined).join(", ") || "nobody could be asked";
});

/** @returns undefined when the site is down and nothing is to be made that needs it */
async function unlessDown(step: Step, check: () => Promise<string>): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    if (!isEstablished || !(error instanceof SiteDownError)) throw error;
    step.warn(`${error.message}; this run goes on, since the cluster is there already`);
    return undefined;
  }
}

async function checkGithub(step: Step, repository: string): Promise<string> {
  // Who has none has been told so with the config, and changes nothing at GitHub.
  if (isEstablished && (process.env["GITHUB_TOKEN"] ?? "") === "")
    return "GITHUB_TOKEN is not set, GitHub was not asked";
  await checkRepository(step, repository);
  const webhooks = process.env["WEBHOOK_URL"] !== undefined;
  if (webhooks) await checkWebhooks(step, repository);
  const cluster = process.env["CLUSTER_NAME"];
  if (cluster !== undefined) await refuseOtherCluster(step, repository, cluster);
  const may = webhooks ? "deploy keys and sees webhooks" : "deploy keys";
  return `${repository} is there, the token may register ${may}`;
}

async function checkRepository(step: Step, repository: string): Promise<void> {
  if ((process.env["GITHUB_TOKEN"] ?? "") === "")
    throw new StepError(
      "GITHUB_TOKEN is not set: the deploy key cannot be registered",
      `export GITHUB_TOKEN with a fine-grained token for ${repository} that has Administration: read and write`,
    );
  const token = step.secret("GITHUB_TOKEN");
  const answer = await ask<Repository>(`repos/${repository}`, token);
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
async function checkWebhooks(step: Step, repository: string): Promise<void> {
  const { status, message } = await ask(`repos/${repository}/hooks?per_page=1`, step.secret("GITHUB_TOKEN"));
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
async function refuseOtherCluster(step: Step, repository: string, cluster: string): Promise<void> {
  const ours = (process.env["OWN_KEYS"] ?? "").split("\n").map(keyMaterial);
  const keys = await deployKeys(repository, step.secret("GITHUB_TOKEN"));
  const other = keys.find(
    ({ title, key }) => title === deployKeyTitle(cluster) && !ours.includes(keyMaterial(key)),
  );
  if (other === undefined) return;
  throw new StepError(
    `GitHub: ${repository} has the deploy key ${String(other.id)} "${other.title}" already, and this stack has not made it: another cluster is called ${cluster}`,
    "nothing has been made; give this cluster another cluster.name, or, if the other one is gone, delete that key in the settings of the repository, then run pulumi up again",
  );
}

async function deployKeys(repository: string, token: string): Promise<readonly DeployKey[]> {
  const perPage = 100;
  const found: DeployKey[] = [];
  for (let page = 1; found.length === (page - 1) * perPage; page++) {
    const path = `repos/${repository}/keys?per_page=${String(perPage)}&page=${String(page)}`;
    const { status, message, body } = await ask<readonly DeployKey[]>(path, token);
    if (status !== 200)
      throw new StepError(
        `GitHub: the token may not see the deploy keys of ${repository}: HTTP ${String(status)} ${message}`,
        "give the token Administration: read and write on that repository (classic tokens: scope repo, by an admin)",
      );
    found.push(...(body ?? []));
  }
  return found;
}

async function ask<T>(path: string, token: string): Promise<GithubAnswer<T>> {
  const baseUrl = process.env["GITHUB_BASE_URL"];
  const again = "then run pulumi up again";
  let answer: GithubAnswer<T>;
  try {
    answer = await askGithub<T>({ baseUrl, token }, path);
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

/** fetch hides the interesting part ("connection refused") in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
