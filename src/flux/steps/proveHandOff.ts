// The proof of the hand-off: Flux has fetched the commit that the branch points to, the root Kustomization has applied
// it, and every Kustomization and HelmRelease that came of it is Ready.
import type { InputOf } from "../../steps/contract.ts";
import { Kubernetes } from "../../steps/kubernetes.ts";
import { gitRemote, readBranch } from "../../steps/ssh.ts";
import type { Step } from "../../steps/step.ts";
import type { proveHandOff as contract } from "../contracts.ts";
import { isAt, listAppliers } from "../objects.ts";
import { treeReadiness } from "../treeReadiness.ts";
import { waitReady } from "../waitReady.ts";

/** @throws StepError in the words of what is not Ready in time, or when Git cannot be read */
export async function proveHandOff(
  step: Step,
  input: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(input.kubeconfigText, step), read = readBranch } = {},
): Promise<string> {
  if (input.suspend === true)
    return "Flux is suspended: it takes up what Git says by then when suspend is false";
  const { url, knownHosts, branch } = input.git;
  const commit = await read(step, gitRemote(url, knownHosts), branch, input.deployKey);
  const isAtCommit = isAt(kubernetes, (revision) => revision === `${branch}@sha1:${commit}`);

  await waitReady(step, "GitRepository home-cluster", isAtCommit);
  await waitReady(step, "Kustomization cluster", isAtCommit);
  const count = await waitReady(step, "everything in the tree", async () =>
    treeReadiness(await listAppliers(kubernetes)),
  );
  return `Flux runs the cluster from Git: ${branch} at ${commit.slice(0, 12)}, ${String(count)} objects Ready`;
}
