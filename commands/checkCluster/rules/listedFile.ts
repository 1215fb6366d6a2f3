import type { Document } from "yaml";
import {
  fieldsOf,
  inRepository,
  type KustomizeFile,
  type Named,
  type TreeModel,
} from "../../../tree/index.ts";
import { finding, type Rule } from "../rule.ts";

/** e.g. `which .sourceignore leaves out ("/apps/media"), so that …`; undefined where Flux has it. */
export function leftOutText({ files, place }: TreeModel, path: string): string | undefined {
  const by = files.leftOutBy(path);
  if (by === undefined) return undefined;
  const file = by.origin && inRepository(place, by.origin.file);
  const who = file === undefined ? "Flux leaves out by itself" : `${file} leaves out`;
  return `which ${who} ("${by.text}"), so it is not there for Flux`;
}

/** Something that a kustomization.yaml names, and that is not there as it should be. */
interface MissingName {
  readonly file: KustomizeFile;
  readonly named: Named;
  readonly problem: string;
}

/** Several rules ask for it. */
const known = new WeakMap<TreeModel, readonly MissingName[]>();

/** All of them. */
export function missingNames(model: TreeModel): readonly MissingName[] {
  const found =
    known.get(model) ??
    model.kustomizeFiles.flatMap((file) =>
      file.names.flatMap((named) => {
        const problem = problemWith(model, named);
        return problem === undefined ? [] : [{ file, named, problem }];
      }),
    );
  known.set(model, found);
  return found;
}

/**
 * Everything that a kustomization.yaml names is there. An encrypted file may be missing while its example is there: the
 * preview asks for it.
 * Source: kustomize refuses to build otherwise; fluxcd/pkg oci/build.go and git archives leave symbolic links out.
 */
export const listedFile: Rule = {
  name: "listed-file",
  what: "every file and folder that a kustomization.yaml names is there",
  check: ({ model }) =>
    missingNames(model).map(({ file, named, problem }) =>
      finding(file, named.field, `${fieldText(named)} names ${named.text}, ${problem}`, fixOf(model, file)),
    ),
};

function problemWith(model: TreeModel, { role, path }: Named): string | undefined {
  const { files, kustomize, place } = model;
  // Of a copy of a tree, nobody can see what lies around it.
  if (path.startsWith("..") && place.repository === undefined) return undefined;
  const kind = files.kindOf(kustomize.existing(path));
  if (kind === undefined) return leftOutText(model, kustomize.existing(path)) ?? "which is not there";
  if (kind === "link") return "which is a symbolic link; Flux leaves those out";
  if (role === "file") return kind === "file" ? undefined : "which is a folder; expected a file";
  if (kind === "folder")
    return kustomize.fileIn(path) === undefined ? "a folder without kustomization.yaml" : undefined;
  if (role === "component") return "which is a file; expected a folder";
  const line = lineOfNoObject(model, kustomize.existing(path));
  return line === undefined
    ? undefined
    : `which has no apiVersion and kind in line ${String(line)}; expected objects`;
}

/** The first document of a file that is no object of Kubernetes; empty ones are nothing. */
function lineOfNoObject({ files, kustomize, unreadable }: TreeModel, path: string): number | undefined {
  if (unreadable.some(({ file }) => file === path)) return undefined;
  const yaml = files.yaml(path);
  const objects = new Set(kustomize.objects(path).map(({ document }) => document));
  const other = yaml?.documents.find(
    (document) => document.contents !== null && !isEmpty(document) && !objects.has(document),
  );
  return other === undefined ? undefined : yaml?.lines.linePos(other.contents?.range?.[0] ?? 0).line;
}

/** A list of objects without items has none, and a document may hold nothing but `null`. */
function isEmpty(document: Document): boolean {
  const value: unknown = document.toJS();
  return value === null || Array.isArray(fieldsOf(value)["items"]);
}

function fieldText({ field }: Named): string {
  return field.filter((part) => typeof part === "string").join(".");
}

function fixOf({ place }: TreeModel, { folder }: KustomizeFile): string {
  const from = inRepository(place, folder) || "the root";
  return `correct the path (it is relative to ${from}), add what is missing, or take the line out`;
}
