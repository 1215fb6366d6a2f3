// The files of the tree.
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** All files below a folder of the tree, relative to its root, sorted. Hidden folders are no part of a tree. */
export function listFiles(root: string, folder = ""): readonly string[] {
  const at = join(root, folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.split("/").some((part) => part.startsWith(".")))
    .sort();
}
