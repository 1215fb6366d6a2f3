// Before the tag of Flux's artifact changes: is that artifact there, does this cluster's Kubernetes suit it, are Flux's
// objects stored in versions that it knows; a backup of those objects; and they are stored anew where that is needed.
// Looks at everything first and changes nothing when something is wrong.
import { readTree } from "../../../tree/index.ts";
import { ensureBackup } from "../../steps/backup.ts";
import type { InputOf } from "../../steps/contract.ts";
import { objectsIn, pullManifests } from "../../steps/fluxArtifact.ts";
import { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { messageOf, StepError } from "../../steps/stepError.ts";
import { checkSkew } from "../../versions/skew.ts";
import { compareStorage, definitionsIn } from "../bump/definitions.ts";
import { backupOf, storeAnew } from "../bump/storage.ts";
import type { prepareFluxBump as contract } from "../contracts.ts";

/** @throws StepError when the way is not free; nothing has been changed then */
export async function prepareFluxBump(
  step: Step,
  { kubeconfigText, tree, stack, ageRecipients: recipients }: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(kubeconfigText, step), pull = pullManifests, backup = ensureBackup } = {},
): Promise<string> {
  const { fluxVersion: flux, ociRepository } = readTree(tree);
  const { url } = ociRepository.spec as { readonly url: string };
  const bundle = objectsIn(await pull(url, flux, step.signal));
  await refuseKubernetes(kubernetes, flux);

  const crds = await kubernetes.list("apiextensions.k8s.io/v1", "CustomResourceDefinition");
  const live = definitionsIn(crds).filter(({ group }) => /\.(toolkit|extensions)\.fluxcd\.io$/.test(group));
  const { migrate, refused } = compareStorage(live, definitionsIn(bundle));
  if (refused.length > 0)
    throw new StepError(
      `Flux ${flux} cannot read what is in the cluster: ${refused.join("; ")}`,
      "nothing has been changed; raise Flux minor by minor, each in an up of its own, so that its objects are migrated on the way",
    );

  const file = await backup({ stack, recipients, kind: "flux.yaml", target: `Flux ${flux}` }, async () =>
    Buffer.from(await backupOf(kubernetes, live)),
  );
  if (file !== undefined) step.say(`Flux's objects: ${file}`);
  for (const definition of migrate) {
    const { kind, group, storage } = definition;
    const count = await storeAnew(kubernetes, definition);
    step.say(`${kind}: ${count} objects stored anew as ${group}/${storage}`);
  }
  return `ready for Flux ${flux}`;
}

/** The stack config's Kubernetes was checked already; this is the one that runs. */
async function refuseKubernetes(kubernetes: Kubernetes, flux: string): Promise<void> {
  const version = await kubernetes.version().catch((error: unknown) => {
    throw new StepError(
      `the cluster's API does not answer: ${messageOf(error)}`,
      "nothing has been changed; what a Flux bump needs cannot be looked at without it: fix that, then run pulumi up again",
    );
  });
  const [error] = checkSkew({ kubernetes: version, flux }).problems;
  if (error !== undefined)
    throw new StepError(
      `the cluster runs Kubernetes ${error.message}`,
      "nothing has been changed; bump Kubernetes first, in an up of its own",
    );
}
