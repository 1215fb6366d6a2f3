// The proof of the hand-off: Flux has fetched the commit that the branch points to, the root Kustomization has applied
// it, and every Kustomization and HelmRelease that came of it is Ready.
import { Kubernetes } from "../../steps/kubernetes.ts";
import { gitRemote, readBranch } from "../../steps/ssh.ts";
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { readiness } from "../ready.ts";
import { treeReadiness } from "../treeReadiness.ts";
import { waitReady } from "../waitReady.ts";
import type { proveHandOff as contract } from "../contracts.ts";

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
  const atCommit = (revision: string): boolean => revision === `${branch}@sha1:${commit}`;

  await waitReady(step, "GitRepository home-cluster", async () =>
    readiness(
      await kubernetes.read("source.toolkit.fluxcd.io/v1", "GitRepository", "home-cluster", "flux-system"),
      {
        name: "GitRepository home-cluster",
        revision: atCommit,
      },
    ),
  );
  await waitReady(step, "Kustomization cluster", async () =>
    readiness(
      await kubernetes.read("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "cluster", "flux-system"),
      {
        name: "Kustomization cluster",
        revision: atCommit,
      },
    ),
  );
  const count = await waitReady(step, "everything in the tree", async () =>
    treeReadiness([
      ...(await kubernetes.list("kustomize.toolkit.fluxcd.io/v1", "Kustomization")),
      ...(await kubernetes.list("helm.toolkit.fluxcd.io/v2", "HelmRelease")),
    ]),
  );
  return `Flux runs the cluster from Git: ${branch} at ${commit.slice(0, 12)}, ${String(count)} objects Ready`;
}
