// Installs Flux once: the very bytes of the OCI artifact that Flux later keeps itself up to date from, applied as field
// manager `kubectl`, which kustomize-controller takes over completely. Seeds the Secret cluster-secrets: in trees of former
// versions the root Kustomization takes its variables from there, and could not deliver that same Secret without it. On a cluster
// that Flux already manages it changes nothing.
import { relative } from "node:path";
import { readTree, sopsProblem } from "../../../tree/index.ts";
import type { InputOf } from "../../steps/contract.ts";
import { objectsIn, pullManifests } from "../../steps/fluxArtifact.ts";
import { conditionOf, Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import { run } from "../../steps/run.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { done, notYet } from "../../steps/wait.ts";
import { controllersSeconds, type installFlux as contract } from "../contracts.ts";
import { podProblem } from "../podProblem.ts";

/** @throws StepError when the tree's secrets cannot be decrypted, or a controller does not become available */
export async function installFlux(
  step: Step,
  { tree: path, kubeconfigText, sopsAgeKey }: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(kubeconfigText, step), pull = pullManifests, sops = run } = {},
): Promise<string> {
  const { clusterSecretsFile, ociRepository } = readTree(path);
  // Only while it is absent: afterwards Git is its only writer.
  if ((await kubernetes.read("v1", "Secret", "cluster-secrets", "flux-system")) === undefined) {
    await kubernetes.applyAsKubectl(await decrypted(step, clusterSecretsFile, sopsAgeKey, sops));
    step.say("cluster-secrets seeded from the tree");
  }
  const adopted = await managedBy(kubernetes);
  if (adopted !== undefined) return `Flux ${adopted} is there and manages itself; nothing to install`;

  const { url, ref } = ociRepository["spec"] as { url: string; ref: { tag: string } };
  const objects = objectsIn(await pull(url, ref.tag, step.signal));
  // Kinds that others need come first, as kustomize-controller does it.
  const isDefinition = ({ kind = "" }: KubeObject): boolean =>
    ["Namespace", "CustomResourceDefinition"].includes(kind);
  const definitions = objects.filter(isDefinition);
  for (const object of definitions) await kubernetes.applyAsKubectl(object);
  step.say(`${definitions.length} definitions applied`);
  for (const object of objects) if (!isDefinition(object)) await kubernetes.applyAsKubectl(object);
  await waitForControllers(step, kubernetes, objects);
  return `Flux ${ref.tag} installed: ${objects.length} objects, all controllers available`;
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

async function decrypted(
  { signal }: Step,
  file: string,
  sopsAgeKey: string,
  sops: typeof run,
): Promise<KubeObject> {
  const { code, stdout, stderr } = await sops("sops", ["decrypt", "--output-type", "json", file], {
    timeoutSeconds: 30,
    signal,
    env: { SOPS_AGE_KEY: sopsAgeKey },
  });
  const name = relative(process.cwd(), file);
  if (code !== 0) {
    const { what, todo } = sopsProblem(name, stderr);
    throw new StepError(`${name} ${what}`, todo);
  }
  const secret = JSON.parse(stdout) as KubeObject & { metadata: { namespace?: string } };
  secret.metadata.namespace = "flux-system";
  return secret;
}

async function waitForControllers(
  step: Step,
  kubernetes: Kubernetes,
  objects: readonly KubeObject[],
): Promise<void> {
  const names = objects.flatMap(({ kind, metadata }) =>
    kind === "Deployment" ? [metadata?.name ?? ""] : [],
  );
  await step.waitFor(
    {
      what: "Flux's controllers",
      timeoutSeconds: controllersSeconds,
      todo: "look at: kubectl -n flux-system get pods; kubectl -n flux-system describe pods",
    },
    async () => {
      const missing: string[] = [];
      for (const name of names) {
        const found = await kubernetes.read("apps/v1", "Deployment", name, "flux-system");
        if (conditionOf(found ?? {}, "Available")?.status !== "True") missing.push(name);
      }
      if (missing.length === 0) return done();
      // Why they may never be: what is written on the first pod that cannot run.
      const problem = podProblem(await kubernetes.list("v1", "Pod", "flux-system"));
      return notYet(
        `${names.length - missing.length} of ${names.length} controllers available; missing: ${missing.join(", ")}${problem === undefined ? "" : `; ${problem}`}`,
      );
    },
  );
}
