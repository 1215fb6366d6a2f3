// The real build of a tree, by the program cluster-build: as the controller does it, with the schemas of all kinds.
import { cpSync, lstatSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, relative } from "node:path";
import { valueAt, type FluxKustomization, type TreeModel } from "../../tree/index.ts";
import { builtTool } from "../../tools/ensureTools.ts";
import { runClusterBuild } from "../tree/buildTree.ts";
import { requestsFor } from "../tree/request.ts";
import type { BuildAnswer } from "../tree/types.ts";

/** What was built. */
export interface Builds {
  /** One answer per cluster that the tree describes; none where the program is not there. */
  readonly answers: readonly BuildAnswer[];
  /** One text for each thing that is left out, with its reason. */
  readonly leftOut: readonly string[];
}

/**
 * Builds all that Flux would apply.
 * @throws StepError when the program fails
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
  let leftOut: readonly string[] = [];
  const answers = await inRepository(model, (root) => {
    const requests = requestsFor(model, root);
    leftOut = requests.leftOut;
    return Promise.all([...requests.byFolder.values()].map((request) => runClusterBuild(program, request)));
  });
  const remote = model.kustomizations.filter(({ build }) =>
    (build?.kustomizeFiles ?? []).some((file) => file.isRemote),
  );
  const names = remote.map(({ namespace, name }) => `${namespace}/${name}`);
  const unbuilt = names.length === 0 ? [] : [`the builds of ${names.join(", ")}, which download resources`];
  return { answers, leftOut: [...leftOut, ...unbuilt] };
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
