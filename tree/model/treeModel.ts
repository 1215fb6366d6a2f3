// A tree, read once: its files, its objects, and its Flux Kustomizations with what they apply. Every rule reads this.
import { resolve } from "node:path";
import { leftOutOfFetch, repositoryOf } from "./fetched.ts";
import {
  followKustomizations,
  isFluxKustomization,
  substituted,
  type FluxKustomization,
} from "./fluxKustomizations.ts";
import type { Instance } from "./instance.ts";
import { exampleSuffix, Kustomize } from "./kustomize.ts";
import { isKustomizeFile, type KustomizeFile } from "./kustomizeFiles.ts";
import { filesOf, leftOutOf } from "./leftOut.ts";
import { objectsOf, type FileObject } from "./objects.ts";
import { findPlace, type Place } from "./place.ts";
import { TreeFiles } from "./treeFiles.ts";
import { fieldsOf, textOf, valueAt, type Fields } from "./values.ts";
import { providerOf, substituteFromOf, type Provider } from "./variables.ts";

/** An object as it arrives in the cluster. */
export interface Placed extends Instance {
  /** The Kustomization that applies it; undefined: none does, so its namespace may be anything. */
  readonly owner: FluxKustomization | undefined;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** A file that cannot be read. */
export interface Unreadable {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** A tree. All paths are relative to its root. */
export interface TreeModel {
  /** Absolute path. */
  readonly root: string;
  readonly place: Place;
  readonly files: TreeFiles;
  readonly kustomize: Kustomize;
  /** Every object, as it stands in its file. */
  readonly written: readonly FileObject[];
  /** Every object, as it arrives in the cluster; those that nothing applies as they are written. */
  readonly placed: readonly Placed[];
  readonly kustomizations: readonly FluxKustomization[];
  /** Those that nothing applies, because the kustomization.yaml beside them does not list them. */
  readonly leftOut: readonly FluxKustomization[];
  readonly kustomizeFiles: readonly KustomizeFile[];
  /** Files that some Kustomization of Flux uses. */
  readonly applied: ReadonlySet<string>;
  readonly providers: readonly Provider[];
  readonly unreadable: readonly Unreadable[];
  /** The same with what Flux does not fetch; itself where it fetches everything. */
  readonly onDisk: TreeModel;
  /** The version of Flux that the tree pins, e.g. `v2.9.4`. */
  readonly fluxVersion: string | undefined;
}

/** Reads a tree as Flux has it. Nothing in it makes this fail; what cannot be read is listed. */
export function readModel(folder: string): TreeModel {
  const onDisk = readModelOnDisk(folder);
  const { root, place, written, kustomizations } = onDisk;
  const leftOut = leftOutOfFetch(onDisk.files, place, repositoryOf(written, kustomizations));
  const files = new TreeFiles(root, leftOut);
  return files.leftOut().size === 0 ? onDisk : modelOf(files, onDisk);
}

/** Reads a tree with what Flux does not fetch: Pulumi takes its files from the disk. */
export function readModelOnDisk(folder: string): TreeModel {
  return modelOf(new TreeFiles(resolve(folder)));
}

function modelOf(files: TreeFiles, onDisk?: TreeModel): TreeModel {
  const { root } = files;
  const kustomize = new Kustomize(files);
  const yamlPaths = files.yamlPaths();
  const written = yamlPaths
    .filter((path) => !isKustomizeFile(path) && !isSpareExample(files, path))
    .flatMap((path) => kustomize.objects(path));
  const fluxKustomizations = written.filter(
    ({ data, file }) => isFluxKustomization(data) && !file.endsWith(exampleSuffix),
  );
  const place =
    onDisk?.place ??
    findPlace(
      files,
      fluxKustomizations.flatMap(({ data }) => textOf(data.spec?.["path"]) ?? []),
    );
  const all = followKustomizations({
    files,
    place,
    kustomize,
    written: fluxKustomizations,
    values: valuesIn(written),
  });
  const leftOut = leftOutOf(all, kustomize);
  const kustomizations = all.filter((kustomization) => !leftOut.has(kustomization));
  const applied = filesOf(kustomizations);
  const placed = [
    ...kustomizations.flatMap((owner) => placedBy(owner, valuesIn(written)(owner))),
    ...written
      .filter(({ file }) => !applied.has(file))
      .map((source) => ({
        source,
        data: source.data,
        replaced: [],
        owner: undefined,
        name: source.data.metadata.name,
        namespace: source.data.metadata.namespace,
      })),
  ];
  const model: TreeModel = {
    root,
    place,
    files,
    kustomize,
    written,
    placed,
    kustomizations,
    leftOut: [...leftOut],
    kustomizeFiles: files.files().flatMap((path) => {
      const at = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
      const found = isKustomizeFile(path) ? kustomize.fileIn(at) : undefined;
      return found?.file === path ? [found] : [];
    }),
    applied,
    providers: placed.flatMap(({ data, namespace }) => providerOf(data, namespace) ?? []),
    unreadable: yamlPaths.flatMap((path) => unreadable(files, path)),
    get onDisk(): TreeModel {
      return onDisk ?? model;
    },
    fluxVersion: fluxVersionOf(written),
  };
  return model;
}

/** An example beside the file for which it stands says nothing. */
function isSpareExample(files: TreeFiles, path: string): boolean {
  return path.endsWith(exampleSuffix) && files.kindOf(path.slice(0, -exampleSuffix.length)) !== undefined;
}

function placedBy(owner: FluxKustomization, values: ReadonlyMap<string, string>): readonly Placed[] {
  return (owner.build?.instances ?? []).map((instance) => {
    const { source, data, replaced } = substituted(instance, values);
    return { source, data, replaced, owner, name: data.metadata.name, namespace: data.metadata.namespace };
  });
}

/** Values that stand in clear in the tree: of a Kustomization's own variables, and of ConfigMaps that it names. */
function valuesIn(
  written: readonly FileObject[],
): (kustomization: { readonly spec: Fields }) => ReadonlyMap<string, string> {
  const configMaps = new Map(
    written.flatMap(({ data }) =>
      data.kind === "ConfigMap" ? [[data.metadata.name, fieldsOf(data["data"])] as const] : [],
    ),
  );
  return ({ spec }) => {
    const from = substituteFromOf(spec).flatMap(({ kind, name }) =>
      kind === "ConfigMap" ? Object.entries(configMaps.get(name) ?? {}) : [],
    );
    const own = Object.entries(fieldsOf(valueAt(spec, "postBuild", "substitute")));
    return new Map([...from, ...own].map(([key, value]) => [key, String(value ?? "")] as const));
  };
}

function unreadable(files: TreeFiles, path: string): readonly Unreadable[] {
  const yaml = files.yaml(path);
  if (yaml === undefined) return [];
  if (yaml.problem !== undefined) return [{ file: path, line: yaml.problem.line, reason: yaml.problem.text }];
  const { problem } = objectsOf(yaml);
  return problem === undefined ? [] : [{ file: path, line: problem.line, reason: problem.text }];
}

/**
 * The tag of the artifact that Flux installs itself from, or what the flux-operator is told to install.
 * Source: fluxcd/flux2 (oci://ghcr.io/fluxcd/flux-manifests), flux-operator's FluxInstance and its Helm chart's values.
 */
function fluxVersionOf(written: readonly FileObject[]): string | undefined {
  const versions = written.flatMap(({ data }): readonly unknown[] => {
    const { kind, spec } = data;
    if (kind === "OCIRepository" && String(spec?.["url"] ?? "").endsWith("/flux-manifests"))
      return [valueAt(spec, "ref", "tag")];
    if (kind === "FluxInstance") return [valueAt(spec, "distribution", "version")];
    if (kind === "HelmRelease") return [valueAt(spec, "values", "instance", "distribution", "version")];
    return [];
  });
  return versions.flatMap((version) => textOf(version) ?? []).find((version) => /^v?\d+\.\d+/.test(version));
}
