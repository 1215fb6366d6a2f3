// Objects of API versions that the pinned Flux does not serve any more, and the same files with the current ones.
import { isMap, isScalar } from "yaml";
import { removalOf } from "./apis.ts";
import type { Finding } from "./finding.ts";
import type { FileObject } from "./model/objects.ts";
import type { TreeModel } from "./model/treeModel.ts";

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
export function oldObjects({ written }: TreeModel, fluxVersion?: string): readonly OldObject[] {
  return written.flatMap((object) => oldObject(object, fluxVersion) ?? []);
}

/** The same as findings. */
export function removedApiVersions(model: TreeModel, fluxVersion?: string): readonly Finding[] {
  return oldObjects(model, fluxVersion).map(({ file, line, name, apiVersion, instead, removedIn }) => ({
    file,
    line,
    message: `${name} is of ${apiVersion}, which Flux ${removedIn} removed`,
    fix: `write ${instead} (npm run migrate:flux shows and makes this change everywhere)`,
  }));
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

function oldObject(
  { node, data, file, line }: FileObject,
  fluxVersion: string | undefined,
): OldObject | undefined {
  const { apiVersion, kind, metadata } = data;
  const removal = removalOf(apiVersion, kind, fluxVersion);
  const scalar = isMap(node) ? node.get("apiVersion", true) : undefined;
  if (removal === undefined || !isScalar(scalar) || !Array.isArray(scalar.range)) return undefined;
  const [start, end] = scalar.range;
  return {
    file,
    line: line("apiVersion"),
    name: `${kind} ${metadata.name}`,
    apiVersion,
    instead: removal.instead,
    removedIn: removal.minor,
    range: [start, end],
  };
}
