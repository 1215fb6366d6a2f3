// Says to cluster-build what a tree is: where it begins, from which source, with which variables.
import { posix, sep } from "node:path";
import { compareMinors } from "../../src/versions/version.ts";
import { isYaml, listFiles, readObjects, type TreeObject } from "../../tree/index.ts";
import { CommandError } from "../pulumiCli.ts";
import { definitionsFor } from "./definitions.ts";
import type { BuildRequest } from "./types.ts";
import { readVariables } from "./variables.ts";

/** Folder of the tree whose objects nobody but Pulumi applies: Flux begins with its Kustomizations. */
const configFolder = "flux/config";
/** Folder of the tree that the root Kustomization applies. */
const rootPath = "flux";
const kustomizationGroup = "kustomize.toolkit.fluxcd.io/";

/** What to build a tree with. */
export interface RequestOptions {
  /** Default: true. */
  readonly schemas?: boolean;
}

/** A request, and what it cannot ask for. */
export interface TreeRequest {
  readonly request: BuildRequest;
  /** One text for each thing that is left out, with its reason. */
  readonly leftOut: readonly string[];
}

/**
 * @param tree absolute path of a tree, e.g. `/home/me/home-ops/cluster`
 * @throws CommandError naming what is missing in flux/config, or why the tree is no folder of a repository
 */
export function treeRequest(tree: string, { schemas = true }: RequestOptions = {}): TreeRequest {
  const objects = readable(() => configObjects(tree));
  const start = objects.filter(
    ({ apiVersion, kind }) => kind === "Kustomization" && apiVersion.startsWith(kustomizationGroup),
  );
  const first = start.find((object) => pathOf(object).endsWith(rootPath));
  if (first === undefined)
    throw new CommandError(
      `${configFolder} of ${tree} has no Flux Kustomization whose spec.path ends with /${rootPath}; that is the one with` +
        " which Flux begins",
    );
  const fluxVersion = fluxVersionOf(objects);
  const { definitions, kubernetes, leftOut } = schemas
    ? definitionsFor(fluxVersion)
    : { definitions: [], kubernetes: "", leftOut: [] };
  return {
    request: {
      root: rootOf(tree, first),
      source: sourceOf(first),
      start,
      variables: readable(() => readVariables(tree)),
      examples: true,
      strict: isStrict(fluxVersion),
      schemas,
      definitions,
      kubernetes,
    },
    leftOut,
  };
}

function configObjects(tree: string): readonly TreeObject[] {
  return listFiles(tree, configFolder)
    .filter((file) => isYaml(file))
    .flatMap((file) => readObjects(tree, file));
}

/** @throws CommandError in place of the error about a file that cannot be read */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}

function specOf(object: TreeObject): Readonly<Record<string, unknown>> {
  return object.spec ?? {};
}

function pathOf(object: TreeObject): string {
  return posix.join(".", String(specOf(object)["path"] ?? ""));
}

/** The repository's root: the folder from which the first Kustomization's path leads into the tree. */
function rootOf(tree: string, first: TreeObject): string {
  const folder = posix.dirname(pathOf(first));
  if (folder === ".") return tree;
  const ending = `${sep}${folder.replaceAll("/", sep)}`;
  if (tree.endsWith(ending)) return tree.slice(0, -ending.length) || sep;
  throw new CommandError(
    `Kustomization ${first.metadata.name} has path ./${pathOf(first)}, but the tree is ${tree}; expected a folder that` +
      ` ends with ${ending}: correct spec.path in ${configFolder}, or the folder's name`,
  );
}

function sourceOf({ metadata, ...object }: TreeObject): BuildRequest["source"] {
  const reference = specOf({ metadata, ...object })["sourceRef"] as
    Readonly<Record<string, string>> | undefined;
  return {
    kind: reference?.["kind"] ?? "",
    namespace: reference?.["namespace"] ?? metadata.namespace ?? "",
    name: reference?.["name"] ?? "",
  };
}

/** The version that the tree pins, e.g. `v2.9.4`; empty when it pins none. */
function fluxVersionOf(objects: readonly TreeObject[]): string {
  const manifests = objects.find(
    ({ kind, metadata }) => kind === "OCIRepository" && metadata.name === "flux-manifests",
  );
  const reference = manifests && (specOf(manifests)["ref"] as { tag?: unknown } | undefined);
  return typeof reference?.tag === "string" ? reference.tag : "";
}

/** Whether an undefined variable is an error to this Flux, or to one that is not known. Source: fluxcd/flux2, announcement of 2.9. */
export function isStrict(fluxVersion: string): boolean {
  return compareMinors(fluxVersion, "2.9") >= 0;
}
