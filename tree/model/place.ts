// Where a tree lies in its repository. Paths of Flux Kustomizations begin at the repository's root, e.g.
// `./cluster/apps`; files of a tree are named from the tree, e.g. `apps/default/echo/ks.yaml`.
import { existsSync } from "node:fs";
import { basename, dirname, join, posix, relative } from "node:path";
import type { TreeFiles } from "./treeFiles.ts";

/** Where a tree lies in its repository. */
export interface Place {
  /** The tree's path in the repository, e.g. `cluster`; empty when it is the repository itself. */
  readonly prefix: string;
  /** Absolute path of the repository's root; undefined for a copy of a tree that lies somewhere else under another name. */
  readonly repository: string | undefined;
}

/** A tree may lie as deep as this in its repository. */
const deepest = 4;

/** The place at which most of these paths of Flux Kustomizations lead somewhere. */
export function findPlace(files: TreeFiles, paths: readonly string[]): Place {
  const wanted = paths.map(clean).filter((path) => path !== "");
  const real = ancestors(files.root);
  const copies: readonly Place[] = [...new Set(wanted.flatMap(beginnings))].map((prefix) => ({
    prefix,
    repository: undefined,
  }));
  const counted = [...real, ...copies].map((place) => ({
    place,
    count: wanted.reduce((sum, path) => sum + weightOf(files, place, path, wanted.length), 0),
  }));
  const most = Math.max(0, ...counted.map(({ count }) => count));
  const fallback = real.find(({ repository }) => existsSync(join(repository ?? "", ".git"))) ?? real[0];
  const best = most === 0 ? undefined : counted.find(({ count }) => count === most);
  return best?.place ?? fallback ?? { prefix: "", repository: files.root };
}

/** A path of the repository as a path from the tree: `./cluster/apps` is `apps` in the tree `cluster`. */
export function inTree({ prefix }: Place, path: string): string {
  return posix.relative(posix.join("/", prefix), posix.join("/", clean(path)));
}

/** A path from the tree as a path of the repository. */
export function inRepository({ prefix }: Place, path: string): string {
  return posix.join(prefix, path);
}

function clean(path: string): string {
  return posix.join("/", path).replace(/^\/+|\/+$/g, "");
}

/** How much a path speaks for a place: what lies in the tree outweighs whatever lies around it. */
function weightOf(files: TreeFiles, place: Place, path: string, all: number): number {
  const at = inTree(place, path);
  const isOutside = at.startsWith("..");
  // What lies outside of a copy says nothing about where the copy belongs.
  if ((isOutside && place.repository === undefined) || files.kindOf(at) !== "folder") return 0;
  return isOutside ? 1 : all + 1;
}

/** The tree itself and the folders around it, up to the repository's root where that can be seen. */
function ancestors(root: string): readonly Place[] {
  const places: Place[] = [];
  for (let at = root; places.length <= deepest; at = dirname(at)) {
    places.push({ prefix: relative(at, root), repository: at });
    if (existsSync(join(at, ".git")) || basename(at) === "") break;
  }
  return places;
}

/** The first folder of a path, and the first two. */
function beginnings(path: string): readonly string[] {
  const parts = path.split("/");
  return [parts.slice(0, 1).join("/"), parts.slice(0, 2).join("/")];
}
