// The proof of the hand-off: Flux has fetched the commit that the branch points to, the root Kustomization has applied
// it, and every Kustomization and HelmRelease that came of it is Ready.
import { Kubernetes } from "../../steps/kubernetes.ts";
import { gitRemote, readBranch } from "../../steps/ssh.ts";
import { runStep } from "../../steps/step.ts";
import { readiness } from "../ready.ts";
import { treeReadiness } from "../treeReadiness.ts";
import { readySeconds, waitReady } from "../waitReady.ts";

await runStep({ name: "hand-off proof", timeoutSeconds: 3 * readySeconds + 180 }, async (step) => {
  if (process.env["SUSPEND"] === "true")
    return "Flux is suspended: it takes up what Git says by then when suspend is false";
  const kubernetes = new Kubernetes(step.secret("KUBECONFIG_TEXT"), undefined, step.signal);
  const branch = step.input("GIT_BRANCH");
  const remote = gitRemote(step.input("GIT_URL"), step.input("GIT_KNOWN_HOSTS").split("\n"));
  const deployKey = step.secret("DEPLOY_KEY");
  const commit = await readBranch(step, remote, branch, deployKey);
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
});
