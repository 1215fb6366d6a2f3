import { inRepository, type Finding, type IgnorePattern, type TreeModel } from "../../../tree/index.ts";
import { listText, type Rule } from "../rule.ts";

/**
 * Flux fetches all that it would apply. In a folder without kustomization.yaml what is left out is deleted from the cluster, and
 * every Kustomization is Ready.
 * Source: source-controller v1.9 gitrepository_controller.go: `.sourceignore` files, spec.ignore, and where there is neither
 * defaults such as `*.png`.
 */
export const ignoredFile: Rule = {
  name: "ignored-file",
  what: "neither .sourceignore nor spec.ignore leaves out what Flux applies",
  check: ({ model }) => {
    const lost = [...model.files.leftOut()].filter(([path]) => model.onDisk.applied.has(path));
    const groups = Map.groupBy(lost, ([, by]) => by);
    return [...groups].map(([by, files]) => {
      const paths = files.map(([path]) => path);
      return findingOf(model, by, paths);
    });
  },
};

function findingOf({ place }: TreeModel, by: IgnorePattern, files: readonly string[]): Finding {
  const names = listText(files.map((file) => inRepository(place, file)).sort(), 3);
  const effect = "what it applied of that is deleted from the cluster, or its Kustomization does not build";
  if (by.origin === undefined)
    return {
      file: files[0] ?? ".",
      line: 1,
      message: `Flux does not fetch ${names}: it leaves out ${by.text} where nothing else is said; ${effect}`,
      fix: "put a .sourceignore into the repository's root, e.g. with the line /.github/: these defaults do not count then",
    };
  return {
    ...by.origin,
    message: `"${by.text}" leaves out ${names}, which Flux applies: ${effect}`,
    fix: `take it out, or put the files back below it, e.g. !/${inRepository(place, files[0] ?? "")}; where they are to go, take them out of the tree`,
  };
}
