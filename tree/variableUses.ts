// Where the files of a Kustomization use variables.
import { posix } from "node:path";
import { isScalar, LineCounter, visit, type Node } from "yaml";
import type { FluxKustomization } from "./model/fluxKustomizations.ts";
import type { KustomizeFile } from "./model/kustomizeFiles.ts";
import type { FileObject, Origin } from "./model/objects.ts";
import type { TreeModel } from "./model/treeModel.ts";
import { fieldsOf, listOf, textsOf, valueAt, type Fields } from "./model/values.ts";

/** A variable in a text. */
export interface Use {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly hasDefault: boolean;
  /** Whether it stands in a ConfigMap or in a file that one is made of, where programs have variables of their own. */
  readonly isScript: boolean;
  /** The whole text in which it stands, without quotes; undefined for other files that become a part of an object. */
  readonly text?: string;
}

/** Annotation or label with which one object opts out. Source: fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md. */
const objectOptOut = "kustomize.toolkit.fluxcd.io/substitute";

/** All uses in what a Kustomization applies, in objects that have not opted out. */
export function usesIn(model: TreeModel, { build }: FluxKustomization): readonly Use[] {
  if (build === undefined) return [];
  const seen = new Set<Origin>();
  const inObjects = build.instances.flatMap(({ source, data }) => {
    if (seen.has(source) || optsOut(data.metadata)) return [];
    seen.add(source);
    return "node" in source ? inObject(source) : [];
  });
  return [...inObjects, ...build.kustomizeFiles.flatMap((file) => inKustomizeFile(model, file))];
}

const known = new WeakMap<FileObject, readonly Use[]>();

/** Values and keys only: comments are gone after the build. */
function inObject(object: FileObject): readonly Use[] {
  const found = known.get(object) ?? inNode(object, object.node, object.data.kind === "ConfigMap");
  known.set(object, found);
  return found;
}

function inNode({ yaml }: Pick<FileObject, "yaml">, node: Node, isScript: boolean): readonly Use[] {
  const found: Use[] = [];
  visit(node, {
    Scalar: (_key, scalar) => {
      if (!isScalar(scalar) || typeof scalar.value !== "string" || !scalar.value.includes("${")) return;
      const [start, end] = scalar.range ?? [0, 0];
      for (const { index, name, hasDefault } of inText(yaml.text.slice(start, end)))
        found.push({
          file: yaml.path,
          line: yaml.lines.linePos(start + index).line,
          name,
          hasDefault,
          isScript,
          text: scalar.value,
        });
    },
  });
  return found;
}

/** Patches that stand in it or in files, and files and literals of generators. */
function inKustomizeFile({ files }: TreeModel, kustomize: KustomizeFile): readonly Use[] {
  const contents = kustomize.yaml.documents[0]?.contents;
  const patches = ["patches", "patchesStrategicMerge", "patchesJson6902"].flatMap((field) =>
    listOf(kustomize.fields[field]).flatMap((entry) => {
      const path = typeof entry === "string" ? entry : fieldsOf(entry)["path"];
      const yaml = typeof path === "string" ? files.yaml(posix.join(kustomize.folder, path)) : undefined;
      if (yaml === undefined) return [];
      return yaml.documents.flatMap(({ contents: node }) =>
        node === null ? [] : inNode({ yaml }, node, false),
      );
    }),
  );
  const here = ["patches", "patchesStrategicMerge", "patchesJson6902"].flatMap((field) => {
    const node = fieldsOf(contents)["items"] === undefined ? undefined : nodeAt(contents, field);
    return node === undefined ? [] : inNode(kustomize, node, false);
  });
  return [...here, ...patches, ...inGenerators(files, kustomize)];
}

function nodeAt(contents: unknown, field: string): Node | undefined {
  return (contents as { get: (key: string, keepScalar: true) => unknown }).get(field, true) as
    Node | undefined;
}

function inGenerators(files: TreeModel["files"], kustomize: KustomizeFile): readonly Use[] {
  const common = fieldsOf(kustomize.fields["generatorOptions"]);
  return ["configMapGenerator", "secretGenerator"].flatMap((field) =>
    listOf(kustomize.fields[field]).flatMap((entry, index) => {
      const options = fieldsOf(fieldsOf(entry)["options"]);
      if ([common, options].some(optsOut)) return [];
      return kustomize.names
        .filter((named) => named.field[0] === field && named.field[1] === index)
        .flatMap(({ path }) => inTextFile(path, files.text(path) ?? ""));
    }),
  );
}

/** Generated ConfigMaps take other files in as they are. */
function inTextFile(file: string, text: string): readonly Use[] {
  const starts = new LineCounter();
  for (const { index } of text.matchAll(/^/gm)) starts.addNewLine(index);
  return inText(text).map(({ index, name, hasDefault }) => ({
    file,
    line: starts.linePos(index).line,
    name,
    hasDefault,
    isScript: true,
  }));
}

function optsOut(metadata: Fields | { readonly labels?: unknown; readonly annotations?: unknown }): boolean {
  const texts = { ...textsOf(valueAt(metadata, "labels")), ...textsOf(valueAt(metadata, "annotations")) };
  return texts[objectOptOut] === "disabled";
}

/** Source: fluxcd/pkg envsubst, which knows `${NAME}` and its operators, and `$${` for itself. */
function inText(text: string): readonly { index: number; name: string; hasDefault: boolean }[] {
  return [...text.matchAll(/(?<!\$)\$\{([A-Za-z_]\w*)(?=[}:=?+/#%^,-])(:?[-=])?[^}]*\}/g)].map(
    ({ index, 1: name = "", 2: fallback }) => ({ index, name, hasDefault: fallback !== undefined }),
  );
}
