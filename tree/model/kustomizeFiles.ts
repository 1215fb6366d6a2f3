// kustomization.yaml: what it names. Source: kubernetes-sigs/kustomize api/types/kustomization.go.
import { posix } from "node:path";
import { lineOf, type FieldPath, type Origin } from "./objects.ts";
import { parsePatch, type Patch } from "./patches.ts";
import type { TreeFiles, YamlFile } from "./treeFiles.ts";
import { fieldsOf, listOf, textOf, valueAt, type Fields } from "./values.ts";

/** What kustomize takes a named path for. */
export type Role = "resource" | "component" | "file";

/** A path that a kustomization.yaml names. */
export interface Named {
  readonly role: Role;
  /** As it stands there. */
  readonly text: string;
  /** From the tree. */
  readonly path: string;
  readonly field: FieldPath;
}

/** A kustomization.yaml. */
export interface KustomizeFile extends Origin {
  readonly folder: string;
  readonly fields: Fields;
  readonly isComponent: boolean;
  readonly yaml: YamlFile;
  /** Local paths only; what kustomize downloads is left out. */
  readonly names: readonly Named[];
  /** Whether kustomize downloads something. */
  readonly isRemote: boolean;
}

/** The names under which kustomize looks for the file, in its own order. */
const fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** The kustomization.yaml of a folder. */
export function kustomizeFileIn(files: TreeFiles, folder: string): KustomizeFile | undefined {
  const file = fileNames
    .map((name) => posix.join(folder, name))
    .find((path) => files.kindOf(path) === "file");
  const yaml = file === undefined ? undefined : files.yaml(file);
  if (file === undefined || yaml === undefined) return undefined;
  const [document] = yaml.documents;
  let fields: Fields = {};
  try {
    fields = fieldsOf(document?.toJS());
  } catch {
    // An alias without its anchor: the file is reported as no YAML.
  }
  return {
    file,
    folder,
    fields,
    isComponent: fields["kind"] === "Component",
    yaml,
    names: namesIn(folder, fields),
    isRemote: ["resources", "bases", "components"].some((key) =>
      listOf(fields[key]).some((entry) => typeof entry === "string" && isRemote(entry)),
    ),
    line: (...path) =>
      document?.contents === null || document === undefined
        ? 1
        : lineOf(yaml, document, document.contents, path),
  };
}

/** Whether a path is that of a kustomization.yaml. */
export function isKustomizeFile(path: string): boolean {
  return fileNames.includes(posix.basename(path));
}

/** The patches of a kustomization.yaml, in the order in which kustomize applies them. */
export function patchesOf(files: TreeFiles, kustomize: KustomizeFile): readonly Patch[] {
  const from = (entry: unknown, origin: Origin): readonly Patch[] => {
    const inline = textOf(fieldsOf(entry)["patch"]);
    const path = textOf(fieldsOf(entry)["path"]);
    const inFile = path === undefined ? undefined : files.text(posix.join(kustomize.folder, path));
    const target = fieldsOf(entry)["target"];
    return parsePatch(inline ?? inFile ?? "").map((content) => ({
      content,
      origin,
      ...(target === undefined ? {} : { target: fieldsOf(target) }),
    }));
  };
  const at = (field: string, index: number): Origin => ({
    file: kustomize.file,
    line: (...path) => kustomize.line(field, index, ...path),
  });
  const merges = listOf(kustomize.fields["patchesStrategicMerge"]).map((entry) =>
    typeof entry === "string" && !entry.includes("\n") ? { path: entry } : { patch: entry },
  );
  return [
    ...merges.flatMap((entry, index) => from(entry, at("patchesStrategicMerge", index))),
    ...["patches", "patchesJson6902"].flatMap((field) =>
      listOf(kustomize.fields[field]).flatMap((entry, index) => from(entry, at(field, index))),
    ),
  ];
}

/** Whether kustomize would fetch a resource from elsewhere. */
function isRemote(text: string): boolean {
  return /:\/\/|\?(ref|version)=|^git@|^git::|^(github|gitlab|bitbucket)\.\w+[/:]/.test(text);
}

function namesIn(folder: string, fields: Fields): readonly Named[] {
  const found: Named[] = [];
  const add = (role: Role, text: unknown, field: FieldPath): void => {
    if (typeof text !== "string" || text === "" || text.includes("\n") || isRemote(text)) return;
    found.push({ role, text, path: posix.join(folder, text).replace(/(.)\/$/, "$1"), field });
  };
  const each = (key: string, use: (entry: unknown, index: number) => void): void => {
    listOf(fields[key]).forEach(use);
  };
  for (const key of ["resources", "bases"]) each(key, (entry, index) => add("resource", entry, [key, index]));
  each("components", (entry, index) => add("component", entry, ["components", index]));
  for (const key of ["patches", "patchesJson6902", "replacements"])
    each(key, (entry, index) => add("file", valueAt(entry, "path"), [key, index, "path"]));
  for (const key of ["patchesStrategicMerge", "crds", "configurations"])
    each(key, (entry, index) => add("file", entry, [key, index]));
  // Plugins' configurations are resources of their own: a file or a folder with a kustomization.yaml.
  for (const key of ["generators", "transformers", "validators"])
    each(key, (entry, index) => add("resource", entry, [key, index]));
  add("file", valueAt(fields, "openapi", "path"), ["openapi", "path"]);
  each("helmCharts", (entry, index) =>
    add("file", valueAt(entry, "valuesFile"), ["helmCharts", index, "valuesFile"]),
  );
  for (const key of ["configMapGenerator", "secretGenerator"])
    each(key, (entry, index) => {
      for (const list of ["files", "envs"])
        listOf(valueAt(entry, list)).forEach((file, at) => {
          // `key=path`
          add("file", typeof file === "string" ? file.replace(/^[^=]*=/, "") : file, [key, index, list, at]);
        });
      add("file", valueAt(entry, "env"), [key, index, "env"]);
    });
  return found;
}
