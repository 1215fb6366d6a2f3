// Objects of API versions that the pinned Flux does not serve any more, and the same files with the current ones.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, LineCounter, parseAllDocuments, type Scalar } from "yaml";
import { removalOf } from "../apis.ts";
import { isYaml, listFiles, readDocuments } from "./yamlFiles.ts";

/** An object of a removed API version. */
export interface OldObject {
  /** e.g. `apps/default/echo/ks.yaml` */
  readonly file: string;
  readonly line: number;
  /** e.g. `Kustomization echo` */
  readonly name: string;
  readonly apiVersion: string;
  /** e.g. `kustomize.toolkit.fluxcd.io/v1` */
  readonly instead: string;
  /** The minor of Flux that removed it, e.g. `2.8`. */
  readonly removedIn: string;
  /** Where the API version stands in the file's text. */
  readonly range: readonly [start: number, end: number];
}

/** All of them in a tree, as of a version of Flux; default: the newest known. */
export function oldObjects(root: string, fluxVersion?: string): readonly OldObject[] {
  return listFiles(root)
    .filter((file) => isYaml(file))
    .flatMap((file) => inFile(root, file, fluxVersion));
}

/** Problems of a tree that pins this version of Flux, one text each. */
export function removedApiVersions(root: string, fluxVersion: string): readonly string[] {
  return oldObjects(root, fluxVersion).map(
    ({ file, line, name, apiVersion, instead, removedIn }) =>
      `${file}:${String(line)}: ${name} is of ${apiVersion}, which Flux ${removedIn} removed; write ${instead}` +
      " (npm run migrate:flux shows and makes this change everywhere)",
  );
}

/** The text of a file with the current API versions, everything else as it was. */
export function withCurrentVersions(text: string, objects: readonly OldObject[]): string {
  return [...objects]
    .sort((a, b) => b.range[0] - a.range[0])
    .reduce(
      (result, { range: [start, end], instead }) => result.slice(0, start) + instead + result.slice(end),
      text,
    );
}

function inFile(root: string, file: string, fluxVersion: string | undefined): readonly OldObject[] {
  // Complains about what is no YAML, with file and line.
  readDocuments(root, file);
  const lines = new LineCounter();
  const documents = parseAllDocuments(readFileSync(join(root, file), "utf8"), { lineCounter: lines });
  return (Array.isArray(documents) ? documents : []).flatMap((document) => {
    if (!isMap(document.contents)) return [];
    const apiVersion = document.get("apiVersion", true) as Scalar | undefined;
    const kind = String(document.get("kind") ?? "");
    if (!isScalar(apiVersion) || typeof apiVersion.value !== "string" || !Array.isArray(apiVersion.range))
      return [];
    const removal = removalOf(apiVersion.value, kind, fluxVersion);
    if (removal === undefined) return [];
    const [start, end] = apiVersion.range;
    return [
      {
        file,
        line: lines.linePos(start).line,
        name: `${kind} ${String(document.getIn(["metadata", "name"]) ?? "")}`,
        apiVersion: apiVersion.value,
        instead: removal.instead,
        removedIn: removal.minor,
        range: [start, end] as const,
      },
    ];
  });
}
