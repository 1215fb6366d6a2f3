// Says to cluster-build what a tree is: where Flux begins, from which source, with which variables.
import { posix } from "node:path";
import { StepError } from "../../src/steps/stepError.ts";
import { compareMinors } from "../../src/versions/version.ts";
import { fluxSets } from "../../tools/fluxManifests/sets.ts";
import {
  fieldsOf,
  fluxNamespace,
  readModel,
  textOf,
  type FluxKustomization,
  type TreeModel,
} from "../../tree/index.ts";
import { definitionsFor } from "./definitions.ts";
import type { BuildRequest } from "./types.ts";

/** Folder of the tree whose objects nobody but Pulumi applies: Flux begins with its Kustomizations. */
const configFolder = "flux/config";

/** Definitions of this version serve a tree that pins none: the newest that there are. */
const newestFlux = fluxSets[0]?.version ?? "";

/** From this minor of Flux on an undefined variable is an error. Source: fluxcd/flux2, announcement of 2.9. */
const strictSince = "2.9";

/** What to build a tree with. */
export interface RequestOptions {
  readonly schemas?: boolean;
}

/** What can be asked for. */
interface TreeRequests {
  /** One for each cluster of the tree, by the folder of the Kustomizations with which its Flux begins, e.g. `flux/config`. */
  readonly byFolder: ReadonlyMap<string, BuildRequest>;
  readonly leftOut: readonly string[];
}

/** @param root absolute path of the folder that holds the tree as its repository does */
export function requestsFor(
  model: TreeModel,
  root: string,
  { schemas = true }: RequestOptions = {},
): TreeRequests {
  const fluxVersion = model.fluxVersion ?? newestFlux;
  const { leftOut, ...definitions } = schemas
    ? definitionsFor(fluxVersion)
    : { definitions: [], kubernetes: "", leftOut: [] };
  const common = {
    root,
    variables: variablesIn(model),
    examples: true,
    strict: compareMinors(fluxVersion, strictSince) >= 0,
    schemas,
    ...definitions,
  };
  const roots = model.kustomizations.filter(({ parent }) => parent === undefined);
  const byFolder = new Map<string, BuildRequest>();
  for (const [folder, start] of Map.groupBy(roots, ({ object }) => posix.dirname(object.source.file))) {
    const first = start.find(({ build }) => build !== undefined);
    if (first !== undefined)
      byFolder.set(folder, { ...common, source: sourceOf(first), start: start.map(objectOf) });
  }
  return { byFolder, leftOut };
}

/** What to ask for a tree of this program, which describes one cluster. @throws StepError when it leads nowhere */
export function treeRequest(
  tree: string,
  options: RequestOptions = {},
): { readonly request: BuildRequest; readonly leftOut: readonly string[] } {
  const model = readModel(tree);
  // Undefined for a tree whose folder has another name than the paths in it say.
  const { repository } = model.place;
  const { byFolder, leftOut } = requestsFor(model, repository ?? tree, options);
  const request = repository === undefined ? undefined : byFolder.get(configFolder);
  if (request === undefined)
    throw new StepError(
      `${configFolder} of ${tree} has no Flux Kustomization whose spec.path leads into the tree; that is the one with which Flux begins`,
      "correct spec.path there, or the folder's name",
    );
  return { request, leftOut };
}

function sourceOf({ spec, namespace }: FluxKustomization): BuildRequest["source"] {
  const reference = fieldsOf(spec["sourceRef"]);
  return {
    kind: textOf(reference["kind"]) ?? "",
    name: textOf(reference["name"]) ?? "",
    namespace: textOf(reference["namespace"]) ?? namespace,
  };
}

function objectOf({ object: { data }, namespace }: FluxKustomization): BuildRequest["start"][number] {
  return { ...data, metadata: { ...data.metadata, namespace } };
}

/** Values of ConfigMaps; of Secrets the names, and e.g. `..SECRET_DOMAIN..`: nothing that a real value would look like. */
function variablesIn({ placed, kustomizations }: TreeModel): BuildRequest["variables"] {
  const variables: Record<string, Record<string, string>> = {};
  const spaces = [...new Set([fluxNamespace, ...kustomizations.map(({ namespace }) => namespace)])];
  for (const { data, name, namespace } of placed) {
    const { kind, apiVersion } = data;
    if (apiVersion !== "v1" || (kind !== "ConfigMap" && kind !== "Secret")) continue;
    const values = { ...fieldsOf(data["data"]), ...fieldsOf(data["stringData"]) };
    const known = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        // Nothing is an empty text for the API server.
        kind === "Secret" || value === undefined ? `..${key}..` : String(value ?? ""),
      ]),
    );
    for (const space of namespace === undefined ? spaces : [namespace])
      variables[`${kind}/${space}/${name}`] ??= known;
  }
  return variables;
}
