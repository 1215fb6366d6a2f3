// The Git tree as far as the program needs it: the four objects of the hand-off, the version of Flux, Cilium's values,
// and what must be put right before anything is touched. Reads files only; knows neither Pulumi nor a cluster.
import { join } from "node:path";
import { isScalar, visit } from "yaml";
import { removedApiVersions } from "./apiVersions.ts";
import { checkFluxKustomization, checkHandOff, pinnedTag, type HandOffObjects } from "./checkHandOff.ts";
import { findingText } from "./finding.ts";
import { findHandOff } from "./handOffObjects.ts";
import { readModelOnDisk, type TreeModel } from "./model/treeModel.ts";
import type { YamlFile } from "./model/treeFiles.ts";
import { checkRepositoryName } from "./repositoryName.ts";
import { findMissingSecrets, findSopsFiles, type SopsFile } from "./sopsFiles.ts";
import { refusedNames } from "./variableNames.ts";
import { undefinedVariables } from "./variables.ts";
import type { TreeObject } from "./model/objects.ts";

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
  /** What does not arrive as it stands there, one text each; nothing stops at it. */
  readonly warnings?: readonly string[];
}

const treeFiles = {
  secrets: "flux/vars/cluster-secrets.sops.yaml",
  cilium: "bootstrap/cilium/values.yaml",
} as const;

/**
 * Reads a tree.
 * @param root absolute path
 * @throws Error with one message when a file without which nothing works is missing or is no YAML
 */
export function readTree(root: string): Tree {
  const model = readModelOnDisk(root);
  const [unreadable] = model.unreadable;
  if (unreadable !== undefined)
    throw new Error(`${unreadable.file}:${String(unreadable.line)} is no YAML: ${unreadable.reason}`);
  const handOff = handOffOf(model);
  const tree = {
    path: root,
    ociRepository: handOff.ociRepository.data,
    fluxKustomization: handOff.fluxKustomization.data,
    gitRepository: handOff.gitRepository.data,
    clusterKustomization: handOff.clusterKustomization.data,
    clusterSecretsFile: join(root, treeFiles.secrets),
    ciliumValues: readValues(model),
    sopsFiles: findSopsFiles(model),
    missingSecrets: findMissingSecrets(model),
  };
  const fluxVersion = pinnedTag(handOff.ociRepository);
  const secretsFile =
    model.files.kindOf(treeFiles.secrets) === "file" || tree.missingSecrets.includes(treeFiles.secrets);
  const problems = [
    ...checkHandOff(handOff).map(findingText),
    ...checkFluxKustomization(handOff.fluxKustomization).map(findingText),
    ...(secretsFile
      ? []
      : [`${treeFiles.secrets} is missing: no app can be built without the Secret cluster-secrets`]),
    ...checkRepositoryName(model, handOff.gitRepository).map(findingText),
    ...refusedNames(model).map(findingText),
    ...undefinedVariables(model).map(findingText),
    ...removedApiVersions(model, fluxVersion).map(findingText),
  ];
  return { ...tree, fluxVersion, problems, warnings: nullValues(model) };
}

function handOffOf(model: TreeModel): HandOffObjects {
  const { objects, missing } = findHandOff(model);
  const [first] = missing;
  if (first !== undefined) throw new Error(`${first.file} ${first.reason}`);
  return objects as HandOffObjects;
}

/** As Helm itself reads them: `no` is false, `0700` octal. */
function readValues({ files, root }: TreeModel): Readonly<Record<string, unknown>> {
  const yaml = files.values(treeFiles.cilium);
  if (yaml === undefined) throw new Error(`${treeFiles.cilium} is missing in ${root}`);
  const values = yaml.documents[0]?.toJS() as unknown;
  refuseInfinite(yaml);
  if (typeof values === "object" && values !== null && !Array.isArray(values))
    return values as Readonly<Record<string, unknown>>;
  throw new Error(`${treeFiles.cilium} holds no values; expected a map such as "ipam: {mode: kubernetes}"`);
}

/** Helm makes JSON of its values, which has no such numbers. */
function refuseInfinite({ documents, lines }: YamlFile): void {
  const [document] = documents;
  if (document === undefined) return;
  visit(document, {
    Scalar: (_key, { value, range, source }) => {
      if (typeof value !== "number" || Number.isFinite(value)) return;
      const line = String(lines.linePos(range?.[0] ?? 0).line);
      throw new Error(
        `${treeFiles.cilium}:${line} holds ${source ?? ""}, which Helm cannot read; expected a number, or the text in quotes`,
      );
    },
  });
}

/**
 * A null takes a default of the chart away for Helm, but does not get there, with allowNullValues neither.
 * Source: pulumi-kubernetes v4 provider/pkg/provider/helm_release.go, SkipNulls in Check, Create and Update.
 */
function nullValues({ files }: TreeModel): readonly string[] {
  const yaml = files.values(treeFiles.cilium);
  const [document] = yaml?.documents ?? [];
  const found: string[] = [];
  if (yaml === undefined || document === undefined) return found;
  visit(document, {
    Pair: (_key, { key, value }) => {
      if (!isScalar(key) || !(value === null || (isScalar(value) && value.value === null))) return;
      const line = String(yaml.lines.linePos(key.range?.[0] ?? 0).line);
      found.push(
        `${treeFiles.cilium}:${line}: ${String(key.value)} is null, which takes a default of the chart away for Helm; Pulumi's Kubernetes provider drops it, so the default stays → write the value that you want, e.g. false or {}, or take the line out`,
      );
    },
  });
  return found;
}
