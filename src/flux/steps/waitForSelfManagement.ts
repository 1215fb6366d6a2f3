// Waits until Flux manages its own controllers: the artifact of the tag is fetched, the Kustomization `flux` has applied
// exactly that artifact, and all controllers and definitions are of its version.
import { Kubernetes } from "../../steps/kubernetes.ts";
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { checkFlux } from "../check.ts";
import { readiness } from "../ready.ts";
import { waitReady } from "../waitReady.ts";
import type { waitForSelfManagement as contract } from "../contracts.ts";

/** @throws StepError in the words of what is not Ready in time */
export async function waitForSelfManagement(
  step: Step,
  input: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(input.kubeconfigText, step) } = {},
): Promise<string> {
  if (input.suspend === true) return "Flux is suspended: it keeps itself as it is until suspend is false";
  let tag = "";
  const revision = await waitReady(step, "OCIRepository flux-manifests", async () => {
    const source = await kubernetes.read(
      "source.toolkit.fluxcd.io/v1",
      "OCIRepository",
      "flux-manifests",
      "flux-system",
    );
    tag = (source?.spec?.["ref"] as { readonly tag?: string } | undefined)?.tag ?? "";
    return readiness(source, {
      name: "OCIRepository flux-manifests",
      revision: (fetched) => fetched.startsWith(`${tag}@`),
    });
  });
  await waitReady(step, "Kustomization flux", async () =>
    readiness(
      await kubernetes.read("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux", "flux-system"),
      { name: "Kustomization flux", revision: (applied) => applied === revision },
    ),
  );
  const controllers = await waitReady(step, "Flux's controllers", async () =>
    checkFlux(
      tag,
      await kubernetes.list("apps/v1", "Deployment", "flux-system"),
      await kubernetes.list("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ),
  );
  return `Flux manages itself at ${revision}: ${controllers}`;
}
