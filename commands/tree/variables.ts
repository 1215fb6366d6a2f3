// The variables that Flux will find, as far as they can be known: a Secret's keys are readable, its values are not wanted.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isYaml, listFiles, readObjects } from "../../tree/index.ts";
import type { BuildRequest } from "./types.ts";

const variablesFolder = "flux/vars";
const example = ".example";

/** What stands for a value that nobody reads, e.g. `..SECRET_DOMAIN..`: nothing that a real value would look like. */
export function placeholderOf(name: string): string {
  return `..${name}..`;
}

/** ConfigMaps and Secrets of flux/vars; an example stands for a file that is not there. */
export function readVariables(tree: string): BuildRequest["variables"] {
  const variables: Record<string, Record<string, string>> = {};
  for (const file of listFiles(tree, variablesFolder)) {
    const real = file.endsWith(example) ? file.slice(0, -example.length) : file;
    if (!isYaml(real) || (real !== file && existsSync(join(tree, real)))) continue;
    for (const { kind, metadata, ...content } of readObjects(tree, file)) {
      if (kind !== "ConfigMap" && kind !== "Secret") continue;
      const values = { ...(content["data"] as object), ...(content["stringData"] as object) };
      variables[`${kind}/${metadata.namespace ?? ""}/${metadata.name}`] = Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          // Nothing is an empty text for the API server.
          kind === "Secret" ? placeholderOf(name) : String(value ?? ""),
        ]),
      );
    }
  }
  return variables;
}
