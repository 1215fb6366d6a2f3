// The Git tree as far as the program needs it: the four objects of the hand-off, the version of Flux, Cilium's values,
// and what must be put right before anything is touched. Reads files only; knows neither Pulumi nor a cluster.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { removedApiVersions } from "./apiVersions.ts";
import { checkHandOff } from "./checkHandOff.ts";
import { repositoryNameProblems } from "./repositoryName.ts";
import { findMissingSecrets, findSopsFiles, type SopsFile } from "./sopsFiles.ts";
import { undefinedVariables } from "./variables.ts";
import { readObjects, readYaml, type TreeObject } from "./yamlFiles.ts";

/** A tree that was read. All paths in it are relative to `path`. */
export interface Tree {
  /** Absolute path of the tree, e.g. `/home/me/home-ops/cluster`. */
  readonly path: string;
  /** The version that the tree pins, e.g. `v2.9.4`. */
  readonly fluxVersion: string;
  /** `flux-manifests`, from flux/config/flux.yaml. */
  readonly ociRepository: TreeObject;
  /** `flux`, from the same file: Flux's own Kustomization. */
  readonly fluxKustomization: TreeObject;
  /** `home-cluster`, from flux/config/cluster.yaml. */
  readonly gitRepository: TreeObject;
  /** `cluster`, from the same file: the root of everything else. */
  readonly clusterKustomization: TreeObject;
  /** Absolute path of the encrypted Secret `cluster-secrets`. */
  readonly clusterSecretsFile: string;
  /** Values of the Cilium chart. */
  readonly ciliumValues: Readonly<Record<string, unknown>>;
  /** Encrypted files with the recipients who can open them. */
  readonly sopsFiles: readonly SopsFile[];
  /** Encrypted files of which there is only the example. */
  readonly missingSecrets: readonly string[];
  /** What is wrong with the tree, one text each: file, what was found, what to do. */
  readonly problems: readonly string[];
}

const files = {
  flux: "flux/config/flux.yaml",
  cluster: "flux/config/cluster.yaml",
  secrets: "flux/vars/cluster-secrets.sops.yaml",
  cilium: "bootstrap/cilium/values.yaml",
} as const;

/**
 * Reads a tree.
 * @param root absolute path
 * @throws Error with one message when a file without which nothing works is missing or is no YAML
 */
export function readTree(root: string): Tree {
  const flux = readObjects(root, files.flux);
  const cluster = readObjects(root, files.cluster);
  const tree = {
    path: root,
    ociRepository: pick(flux, files.flux, "OCIRepository", "flux-manifests"),
    fluxKustomization: pick(flux, files.flux, "Kustomization", "flux"),
    gitRepository: pick(cluster, files.cluster, "GitRepository", "home-cluster"),
    clusterKustomization: pick(cluster, files.cluster, "Kustomization", "cluster"),
    clusterSecretsFile: join(root, files.secrets),
    ciliumValues: readValues(root),
    sopsFiles: findSopsFiles(root),
    missingSecrets: findMissingSecrets(root),
  };
  const reference = tree.ociRepository.spec?.["ref"] as { tag?: unknown } | undefined;
  const fluxVersion = typeof reference?.tag === "string" ? reference.tag : "";
  const secretsFile = existsSync(tree.clusterSecretsFile) || tree.missingSecrets.includes(files.secrets);
  const problems = [
    ...checkHandOff(tree, fluxVersion, files),
    ...(secretsFile
      ? []
      : [
          `${files.secrets} is missing: the root Kustomization cannot be built without the Secret cluster-secrets`,
        ]),
    ...repositoryNameProblems(root, tree.gitRepository),
    ...undefinedVariables(root),
    ...removedApiVersions(root, fluxVersion),
  ];
  return { ...tree, fluxVersion, problems };
}

function pick(objects: readonly TreeObject[], file: string, kind: string, name: string): TreeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found !== undefined) return found;
  const there = objects.map((object) => `${object.kind} ${object.metadata.name}`).join(", ");
  throw new Error(`${file} has no ${kind} named ${name}; it has ${there === "" ? "no objects" : there}`);
}

function readValues(root: string): Readonly<Record<string, unknown>> {
  const values = readYaml(root, files.cilium);
  if (typeof values === "object" && values !== null && !Array.isArray(values))
    return values as Readonly<Record<string, unknown>>;
  throw new Error(`${files.cilium} holds no values; expected a map such as "ipam: {mode: kubernetes}"`);
}
