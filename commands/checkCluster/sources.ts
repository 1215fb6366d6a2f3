// References to sources of Flux: which objects refer to which, and which sources there are.
import {
  fieldsOf,
  fluxNamespace,
  listOf,
  textOf,
  valueAt,
  type FieldPath,
  type Placed,
  type TreeModel,
} from "../../tree/index.ts";

/** Kinds of `source.toolkit.fluxcd.io`. */
export const sourceKinds = new Set([
  "GitRepository",
  "OCIRepository",
  "HelmRepository",
  "HelmChart",
  "Bucket",
  "ExternalArtifact",
]);

/** That an object refers to a source. */
export interface SourceReference {
  readonly from: Placed;
  readonly field: FieldPath;
  readonly kind: string;
  readonly name: string;
  /** undefined: nothing applies the object, so nobody knows. */
  readonly namespace: string | undefined;
}

/** A source, or what is known of it. */
export interface Source {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  /** undefined: something outside of the tree makes it. */
  readonly object: Placed | undefined;
}

/** Where Flux's own kinds refer to sources. Source: api/v1 and api/v2 of the controllers of Flux 2.9. */
const fieldsOfKind: Readonly<Record<string, readonly string[]>> = {
  Kustomization: ["spec.sourceRef"],
  HelmRelease: ["spec.chart.spec.sourceRef", "spec.chartRef"],
  HelmChart: ["spec.sourceRef"],
  ImageUpdateAutomation: ["spec.sourceRef"],
};

/** All references of Flux's own kinds; those with variables whose values are unknown are left out. */
export function sourceReferences(model: TreeModel): readonly SourceReference[] {
  return referencesIn(model).filter(
    ({ from: { data }, field, name, namespace = "" }) =>
      data.apiVersion.includes(".toolkit.fluxcd.io/") &&
      fieldsOfKind[data.kind]?.includes(field.join(".")) === true &&
      !isUnknown(name) &&
      !isUnknown(namespace),
  );
}

/** Whatever any object calls sourceRef, chartRef or sources, so that other controllers' objects count as well. */
export function referencesIn({ placed, kustomizations }: TreeModel): readonly SourceReference[] {
  const effective = new Map(
    kustomizations.map(({ object, namespace }) => [object.source, { data: object.data, namespace }]),
  );
  return placed.flatMap((from) => {
    const { data, namespace: own = from.namespace } = effective.get(from.source) ?? from;
    const reference = (entry: unknown, field: FieldPath): readonly SourceReference[] => {
      const fields = fieldsOf(entry);
      const [kind, name] = [textOf(fields["kind"]), textOf(fields["name"])];
      if (kind === undefined || name === undefined) return [];
      return [{ from, field, kind, name, namespace: textOf(fields["namespace"]) ?? own }];
    };
    const below = (value: unknown, path: FieldPath): readonly SourceReference[] => {
      if (Array.isArray(value)) return value.flatMap((item, index) => below(item, [...path, index]));
      return Object.entries(fieldsOf(value)).flatMap(([key, inside]) => {
        const field = [...path, key];
        const deeper = typeof inside === "object" ? below(inside, field) : [];
        if (key === "sourceRef" || key === "chartRef") return [...reference(inside, field), ...deeper];
        return key === "sources"
          ? [...listOf(inside).flatMap((entry) => reference(entry, field)), ...deeper]
          : deeper;
      });
    };
    const included = data.kind === "GitRepository" ? listOf(data.spec?.["include"]) : [];
    return [
      ...below(data.spec, ["spec"]),
      ...included.map((entry) => ({
        from,
        field: ["spec", "include"],
        kind: "GitRepository",
        name: String(valueAt(entry, "repository", "name")),
        namespace: own,
      })),
    ];
  });
}

/** Whether a text has a variable in it whose value is not known here. */
export function isUnknown(text: string): boolean {
  return text.includes("${");
}

/** All sources: objects of the tree, and those that something in the tree will make. */
export function sourcesOf({ placed }: TreeModel): readonly Source[] {
  return placed.flatMap((object): readonly Source[] => {
    const { kind, apiVersion, spec } = object.data;
    const { name, namespace } = object;
    if (apiVersion.startsWith("source.toolkit.fluxcd.io/") && sourceKinds.has(kind))
      return [{ kind, name, namespace, object }];
    // Source: fluxcd/source-watcher ArtifactGenerator, controlplaneio-fluxcd/flux-operator FluxInstance and its chart.
    if (kind === "ArtifactGenerator")
      return listOf(spec?.["artifacts"]).flatMap((artifact) => {
        const made = textOf(fieldsOf(artifact)["name"]);
        return made === undefined
          ? []
          : [{ kind: "ExternalArtifact", name: made, namespace, object: undefined }];
      });
    if (kind === "FluxInstance") return syncOf(valueAt(spec, "sync"), namespace);
    if (kind === "HelmRelease") return syncOf(valueAt(spec, "values", "instance", "sync"), namespace);
    return [];
  });
}

/** What the flux-operator syncs from. Its default name is that of its namespace. */
function syncOf(sync: unknown, namespace: string | undefined): readonly Source[] {
  const fields = fieldsOf(sync);
  if (textOf(fields["url"]) === undefined) return [];
  return [
    {
      kind: textOf(fields["kind"]) ?? "GitRepository",
      name: textOf(fields["name"]) ?? namespace ?? fluxNamespace,
      namespace,
      object: undefined,
    },
  ];
}

/** The sources that a reference means. */
export function targetsOf(
  { kind, name, namespace }: SourceReference,
  sources: readonly Source[],
): readonly Source[] {
  return sources.filter(
    (source) =>
      source.kind === kind &&
      source.name === name &&
      (source.namespace === undefined || namespace === undefined || source.namespace === namespace),
  );
}
