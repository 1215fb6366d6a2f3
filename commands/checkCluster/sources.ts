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
const fieldsOfKind: Readonly<Record<string, readonly FieldPath[]>> = {
  Kustomization: [["spec", "sourceRef"]],
  HelmRelease: [
    ["spec", "chart", "spec", "sourceRef"],
    ["spec", "chartRef"],
  ],
  HelmChart: [["spec", "sourceRef"]],
  ImageUpdateAutomation: [["spec", "sourceRef"]],
};

/** All references of Flux's own kinds; those with variables whose values are unknown are left out. */
export function sourceReferences({ placed, kustomizations }: TreeModel): readonly SourceReference[] {
  const effective = new Map(
    kustomizations.map(({ object, namespace }) => [object.source, { object, namespace }]),
  );
  return placed.flatMap((from) => {
    const known = effective.get(from.source);
    const data = known?.object.data ?? from.data;
    if (!data.apiVersion.includes(".toolkit.fluxcd.io/")) return [];
    return (fieldsOfKind[data.kind] ?? []).flatMap((field) => {
      const reference = fieldsOf(valueAt(data, ...field));
      const kind = textOf(reference["kind"]);
      const name = textOf(reference["name"]);
      if (kind === undefined || name === undefined) return [];
      const namespace = textOf(reference["namespace"]) ?? known?.namespace ?? from.namespace;
      return isUnknown(name) || isUnknown(namespace ?? "") ? [] : [{ from, field, kind, name, namespace }];
    });
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
