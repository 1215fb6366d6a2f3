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
import { finding, type Rule } from "../rule.ts";

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
  return [
    finding(
      repository,
      ["spec", "secretRef", "name"],
      `GitRepository ${repository.data.metadata.name} has ${name === undefined ? "no secretRef" : `the secret ${name}`}; the program makes ${made.deployKey}`,
      `write secretRef: {name: ${made.deployKey}}`,
    ),
  ];
}

/** A root that takes variables, as trees of former versions have it, begins with the Secret that the program makes. */
function rootFindings(model: TreeModel): readonly Finding[] {
  const root = findHandOff(model).objects.clusterKustomization;
  if (root === undefined) return [];
  const names = substituteFromOf(root.data.spec ?? {}).flatMap(({ kind, name }) =>
    kind === "Secret" ? [name] : [],
  );
  if (names.length === 0 || names.includes(made.variables)) return [];
  return [
    finding(
      root,
      ["spec", "postBuild", "substituteFrom"],
      `Kustomization ${root.data.metadata.name} takes its variables from Secret ${names.join(", ")}; the program makes ${made.variables}`,
      `write {kind: Secret, name: ${made.variables}} into postBuild.substituteFrom`,
    ),
  ];
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
    return [
      finding(
        patch ?? object.source,
        field,
        `${who} with Secret ${namespace}/${secret}, which is not there; ${found}`,
        fix,
      ),
    ];
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
    return [
      finding(
        source,
        field,
        `Receiver ${namespace === undefined ? "" : `${namespace}/`}${name} has the secret ${secret}, which is not there; the program makes ${made.webhookToken} in ${fluxNamespace}`,
        `write secretRef: {name: ${made.webhookToken}}`,
      ),
    ];
  });
}
