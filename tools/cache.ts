// Where built things lie: `${XDG_CACHE_HOME:-~/.cache}/home-ops/tools/<group>-<hash>/<program>`. The hash covers all
// that decides what a program is, so a second clone with the same recipes builds nothing, and an older one keeps its own.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Group } from "./programs.ts";
import { toolsCache } from "./prerequisites.mjs";

/** The environment, as the functions here take it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Folder of all built tools. */
export function cacheRoot(env: Environment = process.env): string {
  return toolsCache(env);
}

/** The first 16 hex digits of a SHA-256 over texts. */
export function hashOf(...texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest("hex").slice(0, 16);
}

/** Hash of a recipe folder's files: go.mod, go.sum and, where there is one, main.go. */
export function recipeHash(folder: string): string {
  const names = readdirSync(folder)
    .filter((name) => /\.(mod|sum|go)$/.test(name))
    .sort();
  return hashOf(...names.flatMap((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** Folder of a group's programs. */
export function groupFolder(root: string, recipes: string, group: Group): string {
  const { tags = "", values = [], programs } = group;
  const flags = programs.map((program) => [program.output, program.package, program.values ?? values]);
  const hash = hashOf(
    recipeHash(join(recipes, group.name)),
    JSON.stringify([tags, flags]),
    `${process.platform}-${process.arch}`,
  );
  return join(root, `${group.name}-${hash}`);
}

/** Whether a built file is there. It is never there half: it is written under another name and renamed. */
export function isBuilt(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

/** Lets `write` make a file or folder under a temporary name, and gives it its own only when that has succeeded. */
export async function makeWhole<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const folder = join(path, "..");
  mkdirSync(folder, { recursive: true });
  // What a killed run left behind. Only one process builds at a time.
  const prefix = `${path.slice(folder.length + 1)}.unfinished-`;
  for (const name of readdirSync(folder))
    if (name.startsWith(prefix)) rmSync(join(folder, name), { recursive: true, force: true });
  const temporary = join(folder, `${prefix}${process.pid}`);
  try {
    const result = await write(temporary);
    renameSync(temporary, path);
    return result;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
