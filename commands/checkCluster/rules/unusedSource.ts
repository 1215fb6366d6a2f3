import { posix } from "node:path";
import { fieldsOf, listOf, textOf, valueAt, type Placed, type TreeModel } from "../../../tree/index.ts";
import { finding, nearestName, placeText, type Rule } from "../rule.ts";
import { sourceKinds, sourceReferences, sourcesOf, targetsOf } from "../sources.ts";

/**
 * Every source is used by something: Flux downloads and keeps also what nobody asks for.
 * Whatever any object calls sourceRef, chartRef or sources counts, so that other controllers' objects do as well.
 */
export const unusedSource: Rule = {
  name: "unused-source",
  what: "every GitRepository, OCIRepository, HelmRepository and Bucket is used by something",
  check: ({ model }) => {
    const uses = usesIn(model);
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

interface SourceUse {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

function usesIn({ placed, kustomizations }: TreeModel): readonly SourceUse[] {
  const effective = new Map(
    kustomizations.map(({ object, namespace }) => [object.source, { data: object.data, namespace }]),
  );
  return placed.flatMap(({ source, data, namespace }) => {
    const known = effective.get(source);
    const own = known?.namespace ?? namespace;
    return [
      ...usesBelow((known?.data ?? data).spec, own),
      ...(data.kind === "GitRepository"
        ? listOf(data.spec?.["include"]).map((entry) => ({
            kind: "GitRepository",
            name: String(valueAt(entry, "repository", "name")),
            namespace: own,
          }))
        : []),
    ];
  });
}

function usesBelow(value: unknown, namespace: string | undefined): readonly SourceUse[] {
  if (Array.isArray(value)) return value.flatMap((item) => usesBelow(item, namespace));
  return Object.entries(fieldsOf(value)).flatMap(([key, inside]) => {
    const entries =
      key === "sourceRef" || key === "chartRef" ? [inside] : key === "sources" ? listOf(inside) : [];
    const uses = entries.flatMap((entry) => {
      const name = textOf(fieldsOf(entry)["name"]);
      const kind = textOf(fieldsOf(entry)["kind"]);
      if (name === undefined || kind === undefined) return [];
      return [{ kind, name, namespace: textOf(fieldsOf(entry)["namespace"]) ?? namespace }];
    });
    return [...uses, ...(typeof inside === "object" ? usesBelow(inside, namespace) : [])];
  });
}
