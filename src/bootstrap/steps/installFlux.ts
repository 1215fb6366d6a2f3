// Installs Flux once: the very bytes of the OCI artifact that Flux later keeps itself up to date from, applied as field
// manager `kubectl`, which kustomize-controller takes over completely. Seeds the Secret cluster-secrets: in trees of former
// versions the root Kustomization takes its variables from there, and could not deliver that same Secret without it. On a cluster
// that Flux already manages it changes nothing.
import { relative } from "node:path";
import { readTree, sopsProblem } from "../../../tree/index.ts";
import { objectsIn, pullManifests } from "../../steps/fluxArtifact.ts";
import { run } from "../../steps/run.ts";
import { conditionOf, Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { done, notYet } from "../../steps/wait.ts";
import { podProblem } from "../podProblem.ts";
import { controllersSeconds, type installFlux as contract } from "../contracts.ts";

type Input = InputOf<typeof contract>;

/** @throws StepError when the tree's secrets cannot be decrypted, or a controller does not become available */
export async function installFlux(
  step: Step,
  input: Input,
  { kubernetes = new Kubernetes(input.kubeconfigText, step), pull = pullManifests, sops = run } = {},
): Promise<string> {
  const tree = readTree(input.tree);
  await seedClusterSecrets(step, input, { kubernetes, sops }, tree.clusterSecretsFile);
  const adopted = await managedBy(kubernetes);
  if (adopted !== undefined) return `Flux ${adopted} is there and manages itself; nothing to install`;

  const { url, ref } = tree.ociRepository["spec"] as { url: string; ref: { tag: string } };
  const objects = objectsIn(await pull(url, ref.tag, step.signal));
  await apply(step, kubernetes, objects);
  await waitForControllers(step, kubernetes, objects);
  return `Flux ${ref.tag} installed: ${String(objects.length)} objects, all controllers available`;
}

/** The version that manages itself here; undefined as long as no Kustomization has taken the CRDs over. */
async function managedBy(kubernetes: Kubernetes): Promise<string | undefined> {
  const crd = await kubernetes.read(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "gitrepositories.source.toolkit.fluxcd.io",
  );
  const labels = crd?.metadata?.labels;
  if (labels?.["kustomize.toolkit.fluxcd.io/name"] === undefined) return undefined;
  return labels["app.kubernetes.io/version"] ?? "of an unknown version";
}

/** Only while it is absent: afterwards Git is its only writer. */
async function seedClusterSecrets(
  step: Step,
  { sopsAgeKey }: Input,
  { kubernetes, sops }: { readonly kubernetes: Kubernetes; readonly sops: typeof run },
  file: string,
): Promise<void> {
  if ((await kubernetes.read("v1", "Secret", "cluster-secrets", "flux-system")) !== undefined) return;
  const result = await sops("sops", ["decrypt", "--output-type", "json", file], {
    timeoutSeconds: 30,
    signal: step.signal,
    env: { SOPS_AGE_KEY: sopsAgeKey },
  });
  if (result.code !== 0) {
    const name = relative(process.cwd(), file);
    const { what, todo } = sopsProblem(name, result.stderr);
    throw new StepError(`${name} ${what}`, todo);
  }
  const secret = JSON.parse(result.stdout) as KubeObject & { metadata: { namespace?: string } };
  secret.metadata.namespace = "flux-system";
  await kubernetes.applyAsKubectl(secret);
  step.say("cluster-secrets seeded from the tree");
}

/** Kinds that others need come first, as kustomize-controller does it. */
async function apply(step: Step, kubernetes: Kubernetes, objects: readonly KubeObject[]): Promise<void> {
  const first = objects.filter((object) =>
    ["Namespace", "CustomResourceDefinition"].includes(object.kind ?? ""),
  );
  for (const object of first) await kubernetes.applyAsKubectl(object);
  step.say(`${String(first.length)} definitions applied`);
  for (const object of objects.filter((object) => !first.includes(object)))
    await kubernetes.applyAsKubectl(object);
}

/** Why they may never be: what is written on the first pod that cannot run. */
async function reason(kubernetes: Kubernetes): Promise<string> {
  const problem = podProblem(await kubernetes.list("v1", "Pod", "flux-system"));
  return problem === undefined ? "" : `; ${problem}`;
}

async function waitForControllers(
  step: Step,
  kubernetes: Kubernetes,
  objects: readonly KubeObject[],
): Promise<void> {
  const names = objects
    .filter((object) => object.kind === "Deployment")
    .map((object) => object.metadata?.name ?? "");
  await step.waitFor(
    {
      what: "Flux's controllers",
      timeoutSeconds: controllersSeconds,
      todo: "look at: kubectl -n flux-system get pods; kubectl -n flux-system describe pods",
    },
    async () => {
      const found = await Promise.all(
        names.map((name) => kubernetes.read("apps/v1", "Deployment", name, "flux-system")),
      );
      const missing = names.filter(
        (_, index) => found[index] === undefined || conditionOf(found[index], "Available")?.status !== "True",
      );
      return missing.length === 0
        ? done()
        : notYet(
            `${String(names.length - missing.length)} of ${String(names.length)} controllers available; missing: ${missing.join(", ")}${await reason(kubernetes)}`,
          );
    },
  );
}
