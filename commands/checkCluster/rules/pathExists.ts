import { posix } from "node:path";
import {
  inRepository,
  listOf,
  textOf,
  type Finding,
  type FluxKustomization,
  type TreeModel,
} from "../../../tree/index.ts";
import { finding, type Rule } from "../rule.ts";
import { leftOutText } from "./listedFile.ts";

/**
 * The folder of a Flux Kustomization is in the repository, and so are its components.
 * Source: kustomize-controller: "kustomization path not found" stops it until the next push.
 */
export const pathExists: Rule = {
  name: "path-exists",
  what: "spec.path and spec.components of every Kustomization lead to a folder",
  check: ({ model }) =>
    model.kustomizations.flatMap((kustomization) => {
      const { isLocal, folder } = kustomization;
      if (!isLocal || folder === undefined) return [];
      // Of a copy of a tree, nobody can see what lies around it.
      if (folder.startsWith("..") && model.place.repository === undefined) return [];
      return model.files.kindOf(folder) === "folder"
        ? missingComponents(model, kustomization, folder)
        : [missingFolder(model, kustomization, folder)];
    }),
};

function missingFolder(model: TreeModel, kustomization: FluxKustomization, folder: string): Finding {
  const { object, spec, name, namespace } = kustomization;
  const { files, place } = model;
  const kind = files.kindOf(folder);
  const found =
    kind === undefined ? (leftOutText(model, folder) ?? "which is not there") : `which is a ${kind}`;
  return finding(
    object.source,
    ["spec", "path"],
    `Kustomization ${namespace}/${name} has the path ${textOf(spec["path"]) ?? "./"}, ${found}; expected a folder, from the root of the repository`,
    `correct spec.path, or add ${inRepository(place, folder)}`,
  );
}

/** Components of a Flux Kustomization that are not there. */
export function missingComponents(
  { files }: TreeModel,
  { object, spec, name, namespace }: FluxKustomization,
  folder: string,
): readonly Finding[] {
  if (spec["ignoreMissingComponents"] === true) return [];
  return listOf(spec["components"]).flatMap((component, index) => {
    if (typeof component !== "string" || component.includes("${")) return [];
    if (files.kindOf(posix.join(folder, component)) === "folder") return [];
    const message = `Kustomization ${namespace}/${name} has the component ${component}, which is not there; expected a folder, from spec.path`;
    const at = ["spec", "components", index];
    return [finding(object.source, at, message, "correct it, or add the component")];
  });
}
