import { posix } from "node:path";
import type { Placed, TreeModel } from "../../../tree/index.ts";
import { finding, nearestName, placeText, type Rule } from "../rule.ts";
import { referencesIn, sourceKinds, sourceReferences, sourcesOf, targetsOf } from "../sources.ts";

/** Every source is used by something: Flux downloads and keeps also what nobody asks for. */
export const unusedSource: Rule = {
  name: "unused-source",
  what: "every GitRepository, OCIRepository, HelmRepository and Bucket is used by something",
  check: ({ model }) => {
    const uses = referencesIn(model);
    const meant = meantByOthers(model);
    // What cannot be parsed may still name it.
    const unparsed = model.unreadable.map(({ file }) => model.files.text(file) ?? "").join("\n");
    return model.placed.flatMap(({ source, data, name, namespace }) => {
      const { kind, apiVersion } = data;
      if (
        !apiVersion.startsWith("source.toolkit.fluxcd.io/") ||
        !sourceKinds.has(kind) ||
        kind === "HelmChart"
      )
        return [];
      const isUsed = uses.some(
        (use) =>
          use.kind === kind &&
          (use.name === name || use.name.includes("${") || name.includes("${")) &&
          (use.namespace === undefined ||
            namespace === undefined ||
            use.namespace === namespace ||
            use.namespace.includes("${")),
      );
      if (isUsed || meant.has(`${kind} ${name}`) || namesWord(unparsed, name)) return [];
      const message = `${kind} ${placeText({ namespace, name })} is used by nothing`;
      const fix = "take it out, with its line in kustomization.yaml";
      return [finding(source, ["metadata", "name"], message, fix)];
    });
  },
};

/** Sources, as `Kind name`, that a reference which leads nowhere most probably means: it is reported, and they are used. */
function meantByOthers(model: TreeModel): ReadonlySet<string> {
  const sources = sourcesOf(model);
  return new Set(
    sourceReferences(model)
      .filter((reference) => targetsOf(reference, sources).length === 0)
      .flatMap(({ kind, name, from }) => {
        const candidates = sources.filter((source) => source.kind === kind);
        const names = candidates.map((source) => source.name);
        const near = names.includes(name) ? name : nearestName(name, names);
        // An app often brings its source in a file beside its release.
        const beside = candidates.filter(
          ({ object }) => object !== undefined && folderOf(object) === folderOf(from),
        );
        return [near ?? [], ...beside.map((source) => source.name)].flat().map((found) => `${kind} ${found}`);
      }),
  );
}

function folderOf({ source }: Placed): string {
  return posix.dirname(source.file);
}

function namesWord(text: string, word: string): boolean {
  return text.split(/[^\w.-]+/).includes(word);
}
