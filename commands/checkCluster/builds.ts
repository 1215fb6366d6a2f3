// The real build of a tree, by the program cluster-build: as the controller does it, with the schemas of all kinds.
import { cpSync, lstatSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, relative } from "node:path";
import {
  fieldsOf,
  fluxNamespace,
  textOf,
  valueAt,
  type FluxKustomization,
  type TreeModel,
} from "../../tree/index.ts";
import { builtTool } from "../../tools/ensureTools.ts";
import { fluxSets } from "../../tools/fluxManifests/sets.ts";
import { runClusterBuild } from "../tree/buildTree.ts";
import { definitionsFor } from "../tree/definitions.ts";
import { isStrict } from "../tree/request.ts";
import type { BuildAnswer, BuildRequest } from "../tree/types.ts";
import { placeholderOf } from "../tree/variables.ts";

/** What was built. */
export interface Builds {
  /** One answer per cluster that the tree describes; none where the program is not there. */
  readonly answers: readonly BuildAnswer[];
  /** One text for each thing that is left out, with its reason. */
  readonly leftOut: readonly string[];
}

/** Definitions of this version serve a tree that pins none: the newest that there are. */
const newestFlux = fluxSets[0]?.version ?? "";

/**
 * Builds all that Flux would apply.
 * @throws CommandError when the program fails
 */
export async function buildModel(model: TreeModel): Promise<Builds> {
  const program = builtTool("cluster-build");
  if (program === undefined)
    return {
      answers: [],
      leftOut: [
        "builds, schemas and duplicate objects, since cluster-build is not there; `npm run tools` builds it",
      ],
    };
  const { definitions, kubernetes, leftOut } = definitionsFor(model.fluxVersion ?? newestFlux);
  const requests = rootGroups(model).map((roots) => ({
    ...requestFor(model, roots),
    definitions,
    kubernetes,
  }));
  const answers = await inRepository(model, (root) =>
    Promise.all(requests.map((request) => runClusterBuild(program, { ...request, root }))),
  );
  const remote = model.kustomizations.filter(({ build }) =>
    (build?.kustomizeFiles ?? []).some((file) => file.isRemote),
  );
  const names = remote.map(({ namespace, name }) => `${namespace}/${name}`);
  const unbuilt = names.length === 0 ? [] : [`the builds of ${names.join(", ")}, which download resources`];
  return { answers, leftOut: [...leftOut, ...unbuilt] };
}

/** Roots that lie in one folder are of one cluster; a repository may hold several. */
function rootGroups(model: TreeModel): readonly (readonly FluxKustomization[])[] {
  const roots = model.kustomizations.filter(
    ({ parent, build }) => parent === undefined && build !== undefined,
  );
  return [...Map.groupBy(roots, ({ object }) => posix.dirname(object.source.file)).values()];
}

function requestFor(
  model: TreeModel,
  roots: readonly FluxKustomization[],
): Omit<BuildRequest, "root" | "definitions" | "kubernetes"> {
  const [first] = roots;
  const reference = fieldsOf(first?.spec["sourceRef"]);
  return {
    source: {
      kind: textOf(reference["kind"]) ?? "",
      name: textOf(reference["name"]) ?? "",
      namespace: textOf(reference["namespace"]) ?? first?.namespace ?? fluxNamespace,
    },
    start: roots.map(({ object, namespace }) => {
      const data = object.data;
      return { ...data, metadata: { ...data.metadata, namespace } };
    }),
    variables: variablesIn(model),
    examples: true,
    strict: isStrict(model.fluxVersion ?? newestFlux),
    schemas: true,
  };
}

/** Values of ConfigMaps; of Secrets the names. */
function variablesIn({ placed, kustomizations }: TreeModel): BuildRequest["variables"] {
  const variables: Record<string, Record<string, string>> = {};
  const spaces = [...new Set(kustomizations.map(({ namespace }) => namespace))];
  for (const { data, name, namespace } of placed) {
    const { kind, apiVersion } = data;
    if (apiVersion !== "v1" || (kind !== "ConfigMap" && kind !== "Secret")) continue;
    const values = { ...fieldsOf(data["data"]), ...fieldsOf(data["stringData"]) };
    const known = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        kind === "Secret" || value === undefined ? placeholderOf(key) : String(value ?? ""),
      ]),
    );
    for (const space of namespace === undefined ? spaces : [namespace])
      variables[`${kind}/${space}/${name}`] ??= known;
  }
  return variables;
}

/**
 * Gives the repository's root, or for a copy of a tree under another name a repository in which it has its own. Where Flux does not
 * fetch all of a tree it is a copy without the rest.
 */
async function inRepository<T>(
  { place, root, files, onDisk }: TreeModel,
  use: (root: string) => Promise<T>,
): Promise<T> {
  const leftOut = files.leftOut();
  const isWhole = [...leftOut.keys()].every((path) => !onDisk.applied.has(path));
  if (place.repository !== undefined && isWhole) return use(place.repository);
  const copy = mkdtempSync(join(tmpdir(), "home-ops-tree-"));
  try {
    cpSync(root, join(copy, place.prefix), {
      recursive: true,
      verbatimSymlinks: true,
      // Of a folder that is left out single files may be taken back.
      filter: (source) => !leftOut.has(relative(root, source)) || lstatSync(source).isDirectory(),
    });
    return await use(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** The Kustomization of the model that was built. */
export function kustomizationOf(
  { kustomizations }: TreeModel,
  built: { readonly namespace: string; readonly name: string; readonly path: string },
): FluxKustomization | undefined {
  const same = kustomizations.filter(
    ({ namespace, name }) => namespace === built.namespace && name === built.name,
  );
  return (
    same.find(({ spec }) => posix.join(".", String(valueAt(spec, "path") ?? "")) === built.path) ?? same[0]
  );
}
