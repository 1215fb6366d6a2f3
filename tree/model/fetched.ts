// What of a tree Flux fetches: the rules of its repository's `.sourceignore` files and of the GitRepository.
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { FileObject } from "./objects.ts";
import { inRepository, type Place } from "./place.ts";
import { readPatterns, SourceIgnore, type IgnorePattern } from "./sourceIgnore.ts";
import type { TreeFiles } from "./treeFiles.ts";
import { textOf, valueAt } from "./values.ts";

const ignoreFile = ".sourceignore";

/**
 * Says of each path of a tree by which pattern it is left out.
 * @param repository the GitRepository from which the tree comes; undefined: nobody knows
 */
export function leftOutOfFetch(
  files: TreeFiles,
  place: Place,
  repository: FileObject | undefined,
): (path: string, isFolder: boolean) => IgnorePattern | undefined {
  const folders = [...above(place), ".", ...files.folders()];
  const inFiles = folders.flatMap((folder) => {
    const file = posix.join(folder, ignoreFile);
    return readPatterns(textIn(files.root, file), file, inRepository(place, folder));
  });
  const ignore = textOf(valueAt(repository?.data, "spec", "ignore"));
  // A text of several lines begins below its key.
  const line = (repository?.line("spec", "ignore") ?? 0) + (ignore?.includes("\n") === true ? 1 : 0);
  const inObject = ignore === undefined ? [] : readPatterns(ignore, repository?.file ?? "", "", line);
  const rules = new SourceIgnore([...inFiles, ...inObject]);
  return (path, isFolder) => rules.by(inRepository(place, path), isFolder);
}

/** The GitRepository of a tree's own Kustomizations. */
export function repositoryOf(
  written: readonly FileObject[],
  kustomizations: readonly { readonly isLocal: boolean; readonly spec: Readonly<Record<string, unknown>> }[],
): FileObject | undefined {
  const names = new Set(
    kustomizations.flatMap(({ isLocal, spec }) =>
      isLocal && valueAt(spec, "sourceRef", "kind") === "GitRepository"
        ? (textOf(valueAt(spec, "sourceRef", "name")) ?? [])
        : [],
    ),
  );
  return written.find(({ data }) => data.kind === "GitRepository" && names.has(data.metadata.name));
}

/** Folders between the repository's root and the tree, from the tree, outermost first, e.g. `..`; none for a copy. */
function above({ prefix, repository }: Place): readonly string[] {
  if (repository === undefined) return [];
  const depth = prefix.split("/").filter((part) => part !== "").length;
  return Array.from({ length: depth }, (_, index) => "../".repeat(depth - index).slice(0, -1));
}

function textIn(root: string, file: string): string {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch {
    return "";
  }
}
