import type { KustomizeFile, Named } from "../../../src/flux/tree/model/kustomizeFiles.ts";
import { inRepository } from "../../../src/flux/tree/model/place.ts";
import type { TreeModel } from "../../../src/flux/tree/model/treeModel.ts";
import { finding, type Rule } from "../rule.ts";

/** Everything that a kustomization.yaml names, and is not there as it should be. */
export function missingNames(
  model: TreeModel,
): readonly { readonly file: KustomizeFile; readonly named: Named; readonly problem: string }[] {
  return model.kustomizeFiles.flatMap((file) =>
    file.names.flatMap((named) => {
      const problem = problemWith(model, named);
      return problem === undefined ? [] : [{ file, named, problem }];
    }),
  );
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

function problemWith({ files, kustomize, place }: TreeModel, { role, path }: Named): string | undefined {
  // Of a copy of a tree, nobody can see what lies around it.
  if (path.startsWith("..") && place.repository === undefined) return undefined;
  const kind = files.kindOf(kustomize.existing(path));
  if (kind === undefined) return "which is not there";
  if (kind === "link") return "which is a symbolic link; Flux leaves those out";
  if (role === "file") return kind === "file" ? undefined : "which is a folder; expected a file";
  if (kind === "folder")
    return kustomize.fileIn(path) === undefined ? "a folder without kustomization.yaml" : undefined;
  return role === "component" ? "which is a file; expected a folder" : undefined;
}

function fieldText({ field }: Named): string {
  return field.filter((part) => typeof part === "string").join(".");
}

function fixOf({ place }: TreeModel, { folder }: KustomizeFile): string {
  const from = inRepository(place, folder) || "the root";
  return `correct the path (it is relative to ${from}), add what is missing, or take the line out`;
}
