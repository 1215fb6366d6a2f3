// Reads the branch with the deploy key, as Flux is about to: a refused key, a missing repository or branch is named at
// once and in plain words, not after Flux has tried for minutes.
import type { InputOf } from "../../steps/contract.ts";
import { gitRemote, readBranch } from "../../steps/ssh.ts";
import type { Step } from "../../steps/step.ts";
import type { tryDeployKey as contract } from "../contracts.ts";

/** @throws StepError as readBranch does */
export async function tryDeployKey(
  step: Step,
  { git, deployKey }: InputOf<typeof contract>,
  { read = readBranch } = {},
): Promise<string> {
  const commit = await read(step, gitRemote(git.url, git.knownHosts), git.branch, deployKey);
  return `the deploy key reads ${git.branch} at ${commit.slice(0, 12)}`;
}
