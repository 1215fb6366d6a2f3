// Checks the Git side of the config against the world: GitHub's answer to the token and the repository, and the Git
// host's key. Changes nothing.
import { askGithub, type GithubAnswer } from "../../steps/github.ts";
import { checkHostKey, gitRemote } from "../../steps/ssh.ts";
import { StepError } from "../../steps/stepError.ts";
import { runStep, type Step } from "../../steps/step.ts";

interface Repository {
  readonly permissions?: { readonly admin?: boolean };
}

await runStep({ name: "check Git access", timeoutSeconds: 90 }, async (step) => {
  const repository = `${step.input("GITHUB_OWNER")}/${step.input("GITHUB_REPOSITORY")}`;
  await checkRepository(step, repository);
  const webhooks = process.env["WEBHOOK_URL"] !== undefined;
  if (webhooks) await checkWebhooks(step, repository);
  const key = await checkHostKey(gitRemote(step.input("GIT_URL"), step.input("GIT_KNOWN_HOSTS").split("\n")));
  const may = webhooks ? "deploy keys and sees webhooks" : "deploy keys";
  return `${repository} is there, the token may register ${may}, the Git host shows its pinned key ${key}`;
});

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

async function ask<T>(path: string, token: string): Promise<GithubAnswer<T>> {
  const baseUrl = process.env["GITHUB_BASE_URL"];
  try {
    return await askGithub<T>({ baseUrl, token }, path);
  } catch (error) {
    throw new StepError(
      `GitHub (${baseUrl ?? "api.github.com"}) does not answer: ${causeOf(error)}`,
      "check the network of this computer and github.baseUrl in the stack config, then run pulumi up again",
    );
  }
}

function tokenAdvice(answer: GithubAnswer<Repository>, repository: string): string | undefined {
  if (answer.status === 200) return undefined;
  if (answer.status === 401)
    return "the token in GITHUB_TOKEN is wrong or expired: make a new one and export it";
  if (answer.status === 403)
    return `the token may not do this, or GitHub's rate limit is used up: check its access to ${repository}`;
  if (answer.status === 404)
    return `create the repository ${repository}, correct github.owner and github.repository in the stack config, or give the token access to it (GitHub answers 404 for both)`;
  return "GitHub has a problem: see its status page, then run pulumi up again";
}

/** fetch hides the interesting part ("connection refused") in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
