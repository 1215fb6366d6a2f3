// Before the tag of Flux's artifact changes: is that artifact there, does this cluster's Kubernetes suit it, are Flux's
// objects stored in versions that it knows; a backup of those objects; and they are stored anew where that is needed.
// Looks at everything first and changes nothing when something is wrong.
import { parseAllDocuments } from "yaml";
import { checkSkew } from "../../versions/skew.ts";
import { ensureBackup } from "../../steps/backup.ts";
import { Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { pullManifests } from "../../steps/fluxArtifact.ts";
import { compareStorage, definitionsIn } from "../bump/definitions.ts";
import { migrateStorage } from "../bump/migrate.ts";
import { fluxObjects } from "../bump/objects.ts";
import { readTree } from "../../../tree/index.ts";
import type { prepareFluxBump as contract } from "../contracts.ts";

/** @throws StepError when the way is not free; nothing has been changed then */
export async function prepareFluxBump(
  step: Step,
  input: InputOf<typeof contract>,
  {
    kubernetes = new Kubernetes(input.kubeconfigText, undefined, step.signal),
    pull = pullManifests,
    backup = ensureBackup,
  } = {},
): Promise<string> {
  const { fluxVersion, ociRepository } = readTree(input.tree);
  const source = ociRepository.spec as { readonly url: string };
  const bundle = parseAllDocuments(await pull(source.url, fluxVersion, step.signal)).map(
    (document) => document.toJS() as KubeObject,
  );
  await refuseKubernetes(kubernetes, fluxVersion);

  const live = definitionsIn(
    await kubernetes.list("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
  ).filter(({ group }) => /\.(toolkit|extensions)\.fluxcd\.io$/.test(group));
  const { migrate, refused } = compareStorage(live, definitionsIn(bundle));
  if (refused.length > 0)
    throw new StepError(
      `Flux ${fluxVersion} cannot read what is in the cluster: ${refused.join("; ")}`,
      "nothing has been changed; raise Flux minor by minor, each in an up of its own, so that its objects are migrated on the way",
    );

  const file = await backup(
    {
      stack: input.stack,
      recipients: input.ageRecipients,
      kind: "flux.yaml",
      target: `Flux ${fluxVersion}`,
    },
    async () => Buffer.from(await fluxObjects(kubernetes, live)),
  );
  if (file !== undefined) step.say(`Flux's objects: ${file}`);
  for (const definition of migrate) {
    const count = await migrateStorage(kubernetes, definition);
    step.say(
      `${definition.kind}: ${String(count)} objects stored anew as ${definition.group}/${definition.storage}`,
    );
  }
  return `ready for Flux ${fluxVersion}`;
}

/** The stack config's Kubernetes was checked already; this is the one that runs. */
async function refuseKubernetes(kubernetes: Kubernetes, flux: string): Promise<void> {
  const version = await kubernetes.version().catch((error: unknown) => {
    throw new StepError(
      `the cluster's API does not answer: ${error instanceof Error ? error.message : String(error)}`,
      "nothing has been changed; what a Flux bump needs cannot be looked at without it: mend that, then run pulumi up again",
    );
  });
  const [error] = checkSkew({ kubernetes: version, flux }).problems;
  if (error !== undefined)
    throw new StepError(
      `the cluster runs Kubernetes ${error.message}`,
      "nothing has been changed; bump Kubernetes first, in an up of its own",
    );
}
