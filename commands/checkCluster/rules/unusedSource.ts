import { fieldsOf, textOf, valueAt, listOf } from "../../../src/flux/tree/model/values.ts";
import type { TreeModel } from "../../../src/flux/tree/model/treeModel.ts";
import { finding, type Rule } from "../rule.ts";
import { missingNames } from "./listedFile.ts";
import { sourceKinds, sourceReferences, sourcesOf, targetsOf } from "../sources.ts";

/**
 * Every source is used by something: Flux downloads and keeps also what nobody asks for.
 * Whatever any object calls sourceRef, chartRef or sources counts, so that other controllers' objects do as well.
 */
export const unusedSource: Rule = {
  name: "unused-source",
  what: "every GitRepository, OCIRepository, HelmRepository and Bucket is used by something",
  check: ({ model }) => {
    // Nobody knows what a file that is missing or cannot be read refers to.
    if (model.unreadable.length > 0 || missingNames(model).length > 0) return [];
    const uses = usesIn(model);
    // A reference that leads nowhere is reported, and may have meant this one.
    const sources = sourcesOf(model);
    const lost = new Set(
      sourceReferences(model).flatMap((reference) =>
        targetsOf(reference, sources).length === 0 ? [reference.kind] : [],
      ),
    );
    return model.placed.flatMap(({ source, data, name, namespace }) => {
      const { kind, apiVersion } = data;
      if (lost.has(kind)) return [];
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
      if (isUsed) return [];
      return [
        finding(
          source,
          ["metadata", "name"],
          `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name} is used by nothing`,
          "take it out, with its line in kustomization.yaml",
        ),
      ];
    });
  },
};

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
