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
  const key = await checkHostKey(gitRemote(step.input("GIT_URL"), step.input("GIT_KNOWN_HOSTS").split("\n")));
  return `${repository} is there, the token may register deploy keys, the Git host shows its pinned key ${key}`;
});

async function checkRepository(step: Step, repository: string): Promise<void> {
  if ((process.env["GITHUB_TOKEN"] ?? "") === "")
    throw new StepError(
      "GITHUB_TOKEN is not set: the deploy key cannot be registered",
      `export GITHUB_TOKEN with a fine-grained token for ${repository} that has Administration: read and write`,
    );
  const token = step.secret("GITHUB_TOKEN");
  const answer = await ask(repository, token);
  const todo = tokenAdvice(answer, repository);
  if (todo !== undefined)
    throw new StepError(`GitHub on ${repository}: HTTP ${String(answer.status)} ${answer.message}`, todo);
  if (answer.body?.permissions?.admin === false)
    throw new StepError(
      `GitHub: the token may read ${repository}, but not administer it, so it cannot register a deploy key`,
      "give the token Administration: read and write on that repository (classic tokens: scope repo, by an admin)",
    );
}

async function ask(repository: string, token: string): Promise<GithubAnswer<Repository>> {
  const baseUrl = process.env["GITHUB_BASE_URL"];
  try {
    return await askGithub<Repository>({ baseUrl, token }, `repos/${repository}`);
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
