import {
  findHandOff,
  fluxNamespace,
  substituteFromOf,
  textOf,
  valueAt,
  type Finding,
  type TreeModel,
} from "../../../tree/index.ts";
import { injectionOf } from "../injected.ts";
import { finding, placeText, type Rule } from "../rule.ts";

/** Secrets that the program makes, all in flux-system. Source: src/bootstrap/fluxSecrets.ts, src/bootstrap/steps/installFlux.ts. */
const made = {
  deployKey: "github-deploy-key",
  ageKey: "age-key",
  variables: "cluster-secrets",
  webhookToken: "github-webhook-token",
} as const;

/** Secrets that the program makes are referred to by the names that it gives them. */
export const programSecrets: Rule = {
  name: "program-secrets",
  what: `the secrets that the program makes (${Object.values(made).join(", ")}) are the ones that are referred to`,
  check: ({ model, isHandOff }) =>
    isHandOff
      ? [
          ...deployKeyFindings(model),
          ...rootFindings(model),
          ...ageKeyFindings(model),
          ...receiverFindings(model),
        ]
      : [],
};

function deployKeyFindings(model: TreeModel): readonly Finding[] {
  const repository = findHandOff(model).objects.gitRepository;
  if (repository === undefined) return [];
  const name = textOf(valueAt(repository.data, "spec", "secretRef", "name"));
  if (name === made.deployKey) return [];
  const found = name === undefined ? "no secretRef" : `the secret ${name}`;
  const message = `GitRepository ${repository.data.metadata.name} has ${found}; the program makes ${made.deployKey}`;
  const fix = `write secretRef: {name: ${made.deployKey}}`;
  return [finding(repository, ["spec", "secretRef", "name"], message, fix)];
}

/** A root that takes variables, as trees of former versions have it, begins with the Secret that the program makes. */
function rootFindings(model: TreeModel): readonly Finding[] {
  const root = findHandOff(model).objects.clusterKustomization;
  if (root === undefined) return [];
  const names = substituteFromOf(root.data.spec ?? {}).flatMap(({ kind, name }) =>
    kind === "Secret" ? [name] : [],
  );
  if (names.length === 0 || names.includes(made.variables)) return [];
  const message = `Kustomization ${root.data.metadata.name} takes its variables from Secret ${names.join(", ")}; the program makes ${made.variables}`;
  const fix = `write {kind: Secret, name: ${made.variables}} into postBuild.substituteFrom`;
  return [finding(root, ["spec", "postBuild", "substituteFrom"], message, fix)];
}

function ageKeyFindings(model: TreeModel): readonly Finding[] {
  const field = ["spec", "decryption", "secretRef", "name"];
  return model.kustomizations.flatMap((kustomization) => {
    const { object, name, namespace } = kustomization;
    const secret = textOf(valueAt(object.data, ...field));
    const isThere = model.providers.some(
      (other) =>
        other.kind === "Secret" && other.name === secret && (other.namespace ?? namespace) === namespace,
    );
    if (secret === undefined || isThere || (secret === made.ageKey && namespace === fluxNamespace)) return [];
    const patch = injectionOf(model, kustomization, field);
    const who =
      patch === undefined
        ? `Kustomization ${namespace}/${name} decrypts`
        : `Kustomizations in ${namespace} that this patch reaches decrypt`;
    const [found, fix] =
      secret === made.ageKey
        ? [`it is in ${fluxNamespace}`, `put the Kustomization into ${fluxNamespace}`]
        : [`the program makes ${made.ageKey}`, `write decryption.secretRef.name: ${made.ageKey}`];
    const message = `${who} with Secret ${namespace}/${secret}, which is not there; ${found}`;
    return [finding(patch ?? object.source, field, message, fix)];
  });
}

/** GitHub signs with the token that the program makes, unless the tree brings a Secret of its own. */
function receiverFindings({ placed, providers }: TreeModel): readonly Finding[] {
  const field = ["spec", "secretRef", "name"];
  return placed.flatMap(({ source, data, name, namespace }) => {
    const secret = textOf(valueAt(data, ...field));
    if (data.kind !== "Receiver" || textOf(data.spec?.["type"]) !== "github" || secret === undefined)
      return [];
    const isThere = providers.some((other) => other.kind === "Secret" && other.name === secret);
    if (isThere || (secret === made.webhookToken && (namespace ?? fluxNamespace) === fluxNamespace))
      return [];
    const message = `Receiver ${placeText({ namespace, name })} has the secret ${secret}, which is not there; the program makes ${made.webhookToken} in ${fluxNamespace}`;
    return [finding(source, field, message, `write secretRef: {name: ${made.webhookToken}}`)];
  });
}
