// npm run migrate:flux [-- --write] [TREE]: API versions that newer releases of Flux removed, and what to write instead.
// Shows the change; makes it only when asked.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { oldObjects, readModelOnDisk, withCurrentVersions, type OldObject } from "../tree/index.ts";

const help = `npm run migrate:flux [-- [--write] [TREE]]

Finds objects of Flux in TREE (default: cluster) whose API version a release of Flux has removed, and shows the change.

  --write   make the change; then commit and push it, and only then raise Flux's tag
  --help    print this

Exit code 0: nothing to change, or changed. 2: there are changes, shown only. 1: something is wrong.`;

function show(file: string, objects: readonly OldObject[]): void {
  console.log(`--- ${file}\n+++ ${file}`);
  for (const { line, name, apiVersion, instead, removedIn } of objects)
    console.log(
      `@@ line ${String(line)}: ${name}, removed in Flux ${removedIn}\n-apiVersion: ${apiVersion}\n+apiVersion: ${instead}`,
    );
}

function write(path: string, objects: readonly OldObject[]): void {
  const next = `${path}.${String(process.pid)}`;
  writeFileSync(next, withCurrentVersions(readFileSync(path, "utf8"), objects));
  renameSync(next, path);
}

function main(args: readonly string[]): number {
  if (args.includes("--help")) {
    console.log(help);
    return 0;
  }
  const unknown = args.find((arg) => arg.startsWith("-") && arg !== "--write");
  if (unknown !== undefined) throw new Error(`there is no option ${unknown}; see --help`);
  const [tree = "cluster", ...more] = args.filter((arg) => !arg.startsWith("-"));
  if (more.length > 0) throw new Error(`one tree at a time; ${more.join(" ")} is too much`);
  if (!existsSync(tree))
    throw new Error(`${tree} is not there → name the folder of the Git tree, e.g. cluster`);
  const model = readModelOnDisk(tree);
  const [unreadable] = model.unreadable;
  if (unreadable !== undefined)
    throw new Error(
      `${join(tree, unreadable.file)}:${String(unreadable.line)} is no YAML: ${unreadable.reason}`,
    );
  const found = oldObjects(model);
  const files = Map.groupBy(found, ({ file }) => file);
  for (const [file, objects] of files) {
    show(join(tree, file), objects);
    if (args.includes("--write")) write(join(tree, file), objects);
  }
  const count = `${String(found.length)} object${found.length === 1 ? "" : "s"} in ${String(files.size)} file${files.size === 1 ? "" : "s"}`;
  if (found.length === 0) console.log(`${tree}: all API versions of Flux are current`);
  else if (args.includes("--write"))
    console.log(`${count} changed; commit and push them, then raise Flux's tag`);
  else console.log(`${count} to change; npm run migrate:flux -- --write makes these changes`);
  return found.length === 0 || args.includes("--write") ? 0 : 2;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
