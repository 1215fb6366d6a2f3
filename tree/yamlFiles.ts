// The YAML files of the tree, with messages that name file and line.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { isMap, type Document } from "yaml";
import { parseAsGo } from "./model/goYaml.ts";
import type { TreeObject } from "./model/objects.ts";

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

/** Whether Flux reads a file as YAML. */
export function isYaml(file: string): boolean {
  return /\.ya?ml$/.test(file);
}

/** The documents of a file. @throws Error with file, line and what is wrong */
function readDocuments(root: string, file: string): readonly Document[] {
  if (!existsSync(join(root, file))) throw new Error(`${file} is missing in ${root}`);
  const documents = parseAsGo(readFileSync(join(root, file), "utf8"), "kustomize");
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined)
      throw new Error(
        `${file}:${String(error.linePos?.[0].line ?? 1)} is no YAML: ${error.message.split("\n")[0] ?? ""}`,
      );
  }
  return documents;
}

/** The Kubernetes objects of a file. */
export function readObjects(root: string, file: string): readonly TreeObject[] {
  return readDocuments(root, file)
    .filter((document) => isMap(document.contents) && document.has("kind") && document.has("metadata"))
    .map((document) => document.toJS() as TreeObject);
}
