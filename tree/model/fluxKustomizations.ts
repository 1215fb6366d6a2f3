// The Flux Kustomizations of a tree as they arrive in the cluster: with what the Kustomization above them, and components on
// the way, patch into them, and with what they themselves apply.
import { posix } from "node:path";
import { applyPatches, parsePatch, type Patch } from "./patches.ts";
import { inTree, type Place } from "./place.ts";
import type { Instance } from "./instance.ts";
import { withNamespace, type Build, type Kustomize } from "./kustomize.ts";
import type { FileObject } from "./objects.ts";
import type { TreeFiles } from "./treeFiles.ts";
import { fieldsOf, listOf, mapTexts, textOf, valueAt, type Fields } from "./values.ts";

/** A Kustomization of Flux. */
export interface FluxKustomization {
  /** The object with everything that is injected into it. */
  readonly object: Instance;
  readonly spec: Fields;
  readonly name: string;
  readonly namespace: string;
  /** The one that applies it; undefined for a root. */
  readonly parent: FluxKustomization | undefined;
  /** Whether it applies files of this tree's own repository. */
  readonly isLocal: boolean;
  /** From the tree; undefined when it is not local, or its path has a variable that nobody knows here. */
  readonly folder: string | undefined;
  /** What it applies; undefined when that is not in the tree. */
  readonly build: Build | undefined;
}

/** Where Flux itself lives, and everything that says nothing else. */
export const fluxNamespace = "flux-system";

/** Whether an object is a Kustomization of Flux; kustomize's own file has the same kind. */
export function isFluxKustomization({ apiVersion, kind }: { apiVersion: string; kind: string }): boolean {
  return kind === "Kustomization" && apiVersion.startsWith("kustomize.toolkit.fluxcd.io/");
}

/** What is needed to follow them. */
export interface FollowArgs {
  readonly files: TreeFiles;
  readonly place: Place;
  readonly kustomize: Kustomize;
  /** Every Kustomization that stands in a file. */
  readonly written: readonly FileObject[];
  /** Values of variables, as far as they are readable. */
  readonly values: (
    kustomization: Pick<FluxKustomization, "spec" | "namespace">,
  ) => ReadonlyMap<string, string>;
}

/** All of them, each after the one that applies it. */
export function followKustomizations(args: FollowArgs): readonly FluxKustomization[] {
  const { written, kustomize, place, files } = args;
  const isLocal = ownSources(args);
  const found: FluxKustomization[] = [];
  const seen = new Set<string>();

  const follow = (object: Instance, parent: FluxKustomization | undefined): void => {
    const { name, namespace = fluxNamespace } = object.data.metadata;
    const spec = object.data.spec ?? {};
    // The same file may be applied more than once, e.g. for two clusters.
    const key = `${object.source.file}:${String(object.source.line())} ${namespace}/${name} ${textOf(spec["path"]) ?? ""}`;
    if (seen.has(key)) return;
    seen.add(key);
    const local = isLocal(spec);
    const folder = local ? folderOf(place, spec) : undefined;
    const build =
      folder !== undefined && files.kindOf(folder) === "folder"
        ? buildOf(kustomize, folder, spec, object)
        : undefined;
    const kustomization = { object, spec, name, namespace, parent, isLocal: local, folder, build };
    found.push(kustomization);
    if (build === undefined) return;
    const values = args.values(kustomization);
    for (const child of build.instances)
      if (isFluxKustomization(child.data)) follow(substituted(child, values), kustomization);
  };

  for (const root of rootsOf(args, isLocal))
    follow({ source: root, data: root.data, replaced: [] }, undefined);
  // Those that apply each other have no root among them.
  const reached = new Set(found.map(({ object }) => object.source));
  for (const object of written)
    if (!reached.has(object)) follow({ source: object, data: object.data, replaced: [] }, undefined);
  return found;
}

/** Replaces the variables whose values are known; the others stay as they are. */
export function substituted(instance: Instance, values: ReadonlyMap<string, string>): Instance {
  if (values.size === 0) return instance;
  const data = mapTexts(instance.data, (text) =>
    text.includes("${")
      ? text.replaceAll(
          /(?<!\$)\$\{(\w+)(?::?[-=][^}]*)?\}/g,
          (whole, name: string) => values.get(name) ?? whole,
        )
      : text,
  );
  return { ...instance, data: data as Instance["data"] };
}

/** Folder of a Kustomization's path; undefined when the path has an unknown variable. */
function folderOf(place: Place, spec: Fields): string | undefined {
  const path = textOf(spec["path"]) ?? "./";
  return path.includes("${") ? undefined : inTree(place, path);
}

function buildOf(kustomize: Kustomize, folder: string, spec: Fields, object: Instance): Build {
  let build = kustomize.build(folder);
  for (const component of listOf(spec["components"]))
    if (typeof component === "string") build = kustomize.withComponent(posix.join(folder, component), build);
  const patches = listOf(spec["patches"]).flatMap((entry, index): readonly Patch[] => {
    const target = fieldsOf(entry)["target"];
    return parsePatch(textOf(fieldsOf(entry)["patch"]) ?? "").map((content) => ({
      content,
      origin: {
        file: object.source.file,
        line: (...path) => object.source.line("spec", "patches", index, ...path),
      },
      ...(target === undefined ? {} : { target: fieldsOf(target) }),
    }));
  });
  const patched = applyPatches(build.instances, patches);
  return { ...build, instances: withNamespace(patched, textOf(spec["targetNamespace"])) };
}

/** Kustomizations in files that no other Kustomization applies. */
function rootsOf(
  { written, kustomize, place, files }: FollowArgs,
  isLocal: (spec: Fields) => boolean,
): readonly FileObject[] {
  const applied = new Map<string, Set<FileObject>>();
  for (const object of written) {
    const spec = object.data.spec ?? {};
    const folder = isLocal(spec) ? folderOf(place, spec) : undefined;
    if (folder === undefined || files.kindOf(folder) !== "folder") continue;
    for (const file of kustomize.build(folder).files)
      applied.set(file, (applied.get(file) ?? new Set<FileObject>()).add(object));
  }
  // A root may well apply its own file, and so keep itself up to date.
  return written.filter((object) =>
    [...(applied.get(object.file) ?? [])].every(({ file }) => file === object.file),
  );
}

/**
 * Tells Kustomizations that apply files of this repository from those that apply another source's: their sources are those
 * for which most paths lead somewhere here.
 */
function ownSources({
  written,
  place,
  files,
}: Pick<FollowArgs, "written" | "place" | "files">): (spec: Fields) => boolean {
  const root = inTree(place, ".");
  const counts = [...Map.groupBy(written, ({ data }) => sourceKey(data.spec ?? {}))].map(([key, objects]) => {
    // The root of a repository is there in every one.
    const paths = objects
      .flatMap(({ data }) => folderOf(place, data.spec ?? {}) ?? root)
      .filter((path) => path !== root);
    return { key, there: paths.filter((path) => files.kindOf(path) === "folder").length, all: paths.length };
  });
  const most = Math.max(0, ...counts.map(({ there }) => there));
  const own =
    most > 0
      ? counts.filter(({ there, all }) => there === most || (there > 1 && there * 2 > all))
      : counts.filter(({ key }) => key.startsWith("GitRepository/"));
  const keys = new Set(own.map(({ key }) => key));
  return (spec) => keys.has(sourceKey(spec));
}

function sourceKey(spec: Fields): string {
  return `${String(valueAt(spec, "sourceRef", "kind"))}/${String(valueAt(spec, "sourceRef", "name"))}`;
}
