// The proof of the hand-off: Flux has fetched the commit that the branch points to, the root Kustomization has applied
// it, and every Kustomization and HelmRelease that came of it is Ready.
import { Kubernetes } from "../../steps/kubernetes.ts";
import { gitRemote, readBranch } from "../../steps/ssh.ts";
import { runStep } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import { readiness } from "../ready.ts";
import { waitReady } from "../waitReady.ts";

await runStep({ name: "hand-off proof", timeoutSeconds: 1800 }, async (step) => {
  const kubernetes = new Kubernetes(step.secret("KUBECONFIG_TEXT"));
  const branch = step.input("GIT_BRANCH");
  const remote = gitRemote(step.input("GIT_URL"), step.input("GIT_KNOWN_HOSTS").split("\n"));
  const deployKey = step.secret("DEPLOY_KEY");
  const commit = await readBranch(remote, branch, deployKey);
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
  const count = await waitReady(step, "everything in the tree", () => treeReady(kubernetes));
  return `Flux runs the cluster from Git: ${branch} at ${commit.slice(0, 12)}, ${String(count)} objects Ready`;
});

/** All Kustomizations and HelmReleases, wherever they are. */
async function treeReady(
  kubernetes: Kubernetes,
): Promise<ReturnType<typeof done<number>> | ReturnType<typeof notYet>> {
  const objects = [
    ...(await kubernetes.list("kustomize.toolkit.fluxcd.io/v1", "Kustomization")),
    ...(await kubernetes.list("helm.toolkit.fluxcd.io/v2", "HelmRelease")),
  ];
  const waiting = objects.flatMap((object) => {
    if (object.spec?.["suspend"] === true) return [];
    const seen = readiness(object, {
      name: `${object.kind ?? ""} ${object.metadata?.namespace ?? ""}/${object.metadata?.name ?? ""}`,
    });
    return seen.done ? [] : [seen.missing];
  });
  if (waiting.length === 0) return done(objects.length);
  return notYet(
    `${String(objects.length - waiting.length)} of ${String(objects.length)} Ready; ${waiting[0] ?? ""}`,
  );
}
