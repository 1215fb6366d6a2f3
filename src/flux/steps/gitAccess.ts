// Reads the branch with the deploy key, as Flux is about to: a refused key, a missing repository or branch is named at
// once and in plain words, not after Flux has tried for minutes.
import { gitRemote, readBranch } from "../../steps/ssh.ts";
import { runStep } from "../../steps/step.ts";

await runStep({ name: "read Git with the deploy key", timeoutSeconds: 90 }, async (step) => {
  const remote = gitRemote(step.input("GIT_URL"), step.input("GIT_KNOWN_HOSTS").split("\n"));
  const branch = step.input("GIT_BRANCH");
  const commit = await readBranch(step, remote, branch, step.secret("DEPLOY_KEY"));
  return `the deploy key reads ${branch} at ${commit.slice(0, 12)}`;
});
