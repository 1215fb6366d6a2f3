// npm run migrate:flux [-- --write] [TREE]: API versions that newer releases of Flux removed, and what to write instead.
// Shows the change; makes it only when asked.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StepError } from "../src/steps/stepError.ts";
import { oldObjects, readModelOnDisk, withCurrentVersions, type OldObject } from "../tree/index.ts";
import { exitCodes, runCommand } from "./frame.ts";
import { count } from "./plan/text.ts";

const help = `npm run migrate:flux [-- [--write] [TREE]]

Finds objects of Flux in TREE (default: cluster) whose API version a release of Flux has removed, and shows the change.

  --write   make the change; then commit and push it, and only then raise Flux's tag
  --help    print this

Exit code 0: nothing to change, or changed. 1: there are changes, shown only. 2: the tree could not be read, and why.`;

function changeText(file: string, objects: readonly OldObject[]): string {
  const parts = objects.map(
    ({ line, name, apiVersion, instead, removedIn }) =>
      `@@ line ${String(line)}: ${name}, removed in Flux ${removedIn}\n-apiVersion: ${apiVersion}\n+apiVersion: ${instead}`,
  );
  return [`--- ${file}\n+++ ${file}`, ...parts].join("\n");
}

function write(path: string, objects: readonly OldObject[]): void {
  const next = `${path}.${String(process.pid)}`;
  writeFileSync(next, withCurrentVersions(readFileSync(path, "utf8"), objects));
  renameSync(next, path);
}

await runCommand(
  { name: "npm run migrate:flux", help, words: 1, options: { write: { type: "boolean", default: false } } },
  ({ values, positionals: [tree = "cluster"] }, { say }) => {
    if (!existsSync(tree))
      throw new StepError(`${tree} is not there`, "name the folder of the Git tree, e.g. cluster");
    const model = readModelOnDisk(tree);
    const [unreadable] = model.unreadable;
    if (unreadable !== undefined)
      throw new StepError(
        `${join(tree, unreadable.file)}:${String(unreadable.line)} is no YAML: ${unreadable.reason}`,
        "correct it first: npm run check:cluster finds all of these",
      );
    const found = oldObjects(model);
    const files = Map.groupBy(found, ({ file }) => file);
    for (const [file, objects] of files) {
      say(changeText(join(tree, file), objects));
      if (values.write) write(join(tree, file), objects);
    }
    const counted = `${count(found.length, "object")} in ${count(files.size, "file")}`;
    if (found.length === 0) say(`${tree}: all API versions of Flux are current`);
    else if (values.write) say(`${counted} changed; commit and push them, then raise Flux's tag`);
    else say(`${counted} to change; npm run migrate:flux -- --write makes these changes`);
    return found.length === 0 || values.write ? exitCodes.nothing : exitCodes.found;
  },
);
