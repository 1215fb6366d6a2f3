// Waits until Flux manages its own controllers: the artifact is fetched, the Kustomization `flux` has applied exactly
// that artifact, and the CRDs carry its label.
import { Kubernetes } from "../../steps/kubernetes.ts";
import { runStep } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import { readiness } from "../ready.ts";
import { waitReady } from "../waitReady.ts";

await runStep({ name: "Flux manages itself", timeoutSeconds: 900 }, async (step) => {
  const kubernetes = new Kubernetes(step.secret("KUBECONFIG_TEXT"));
  const revision = await waitReady(step, "OCIRepository flux-manifests", async () =>
    readiness(
      await kubernetes.read("source.toolkit.fluxcd.io/v1", "OCIRepository", "flux-manifests", "flux-system"),
      { name: "OCIRepository flux-manifests" },
    ),
  );
  await waitReady(step, "Kustomization flux", async () =>
    readiness(
      await kubernetes.read("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux", "flux-system"),
      {
        name: "Kustomization flux",
        revision: (applied) => applied === revision,
      },
    ),
  );
  await waitReady(step, "Flux's own label on its CRDs", async () => {
    const crd = await kubernetes.read(
      "apiextensions.k8s.io/v1",
      "CustomResourceDefinition",
      "gitrepositories.source.toolkit.fluxcd.io",
    );
    return crd?.metadata?.labels?.["kustomize.toolkit.fluxcd.io/name"] === "flux"
      ? done()
      : notYet("the CRDs do not belong to the Kustomization flux yet");
  });
  return `Flux manages itself at ${revision}`;
});
