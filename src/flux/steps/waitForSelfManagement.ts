// Waits until Flux manages its own controllers: the artifact of the tag is fetched, the Kustomization `flux` has applied
// exactly that artifact, and all controllers and definitions are of its version.
import type { InputOf } from "../../steps/contract.ts";
import { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { checkFlux } from "../check.ts";
import type { waitForSelfManagement as contract } from "../contracts.ts";
import { isAt } from "../objects.ts";
import { waitReady } from "../waitReady.ts";

/** @throws StepError in the words of what is not Ready in time */
export async function waitForSelfManagement(
  step: Step,
  input: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(input.kubeconfigText, step) } = {},
): Promise<string> {
  if (input.suspend === true) return "Flux is suspended: it keeps itself as it is until suspend is false";
  const isAtTag = isAt(kubernetes, (fetched, spec) => {
    const ref = spec?.["ref"] as { readonly tag?: string } | undefined;
    return fetched.startsWith(`${ref?.tag ?? ""}@`);
  });
  const revision = await waitReady(step, "OCIRepository flux-manifests", isAtTag);
  const isApplied = isAt(kubernetes, (applied) => applied === revision);
  await waitReady(step, "Kustomization flux", isApplied);
  const [tag = ""] = revision.split("@");
  const controllers = await waitReady(step, "Flux's controllers", async () =>
    checkFlux(
      tag,
      await kubernetes.list("apps/v1", "Deployment", "flux-system"),
      await kubernetes.list("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ),
  );
  return `Flux manages itself at ${revision}: ${controllers}`;
}
