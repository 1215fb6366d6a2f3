// What the four objects of the hand-off must say, or Pulumi and Flux would fight over them, or a mistake in the tree
// would take the cluster with it.
import type { Finding } from "./finding.ts";
import type { FileObject, FieldPath } from "./model/objects.ts";

const reconcile = "kustomize.toolkit.fluxcd.io/reconcile";

/** The four objects through which Flux runs itself and the tree. */
export interface HandOffObjects {
  /** `flux-manifests`: Flux's own manifests. */
  readonly ociRepository: FileObject;
  /** `flux`: Flux's own Kustomization. */
  readonly fluxKustomization: FileObject;
  /** `home-cluster`: the tree's repository. */
  readonly gitRepository: FileObject;
  /** `cluster`: the root of everything else. */
  readonly clusterKustomization: FileObject;
}

/** What is wrong with them. */
export function checkHandOff(objects: HandOffObjects): readonly Finding[] {
  const { ociRepository, fluxKustomization, gitRepository, clusterKustomization } = objects;
  return [
    ...[ociRepository, fluxKustomization, gitRepository, clusterKustomization].flatMap(commonFindings),
    ...[fluxKustomization, clusterKustomization].flatMap(kustomizationFindings),
    ...tagFindings(ociRepository),
  ];
}

/** Flux's own Kustomization must not replace variables. */
export function checkFluxKustomization(kustomization: FileObject): readonly Finding[] {
  // Its own CRDs' descriptions hold texts such as ${var}, which strict substitution takes for mistakes.
  if (kustomization.data.spec?.["postBuild"] === undefined) return [];
  const message = `${nameOf(kustomization)} has postBuild`;
  return [
    at(kustomization, ["spec", "postBuild"], message, "remove it, substitution breaks Flux's own manifests"),
  ];
}

/** The version of Flux that the artifact's tag says; empty when there is none. */
export function pinnedTag({ data }: FileObject): string {
  const { tag } = (data.spec?.["ref"] ?? {}) as { tag?: unknown };
  return typeof tag === "string" ? tag : "";
}

function tagFindings(ociRepository: FileObject): readonly Finding[] {
  const tag = pinnedTag(ociRepository);
  if (/^v\d+\.\d+\.\d+$/.test(tag)) return [];
  const found = `${nameOf(ociRepository)} pins ${tag === "" ? "no tag" : `"${tag}"`}`;
  return [
    at(
      ociRepository,
      ["spec", "ref", "tag"],
      found,
      "expected spec.ref.tag such as v2.9.4, so that a preview shows which Flux comes",
    ),
  ];
}

function commonFindings(object: FileObject): readonly Finding[] {
  const { annotations, namespace } = object.data.metadata;
  return [
    ...(annotations?.[reconcile] === "disabled"
      ? []
      : [
          at(
            object,
            ["metadata", "annotations", reconcile],
            `${nameOf(object)} lacks the annotation ${reconcile}: disabled`,
            "without it Flux and Pulumi both write it",
          ),
        ]),
    ...(namespace === "flux-system"
      ? []
      : [
          at(
            object,
            ["metadata", "namespace"],
            `${nameOf(object)} is in namespace ${namespace ?? "(none)"}`,
            "expected flux-system",
          ),
        ]),
  ];
}

function kustomizationFindings(object: FileObject): readonly Finding[] {
  const spec = object.data.spec ?? {};
  return [
    ...(spec["deletionPolicy"] === "Orphan"
      ? []
      : [
          at(
            object,
            ["spec", "deletionPolicy"],
            `${nameOf(object)} lacks deletionPolicy: Orphan`,
            "deleting it would delete everything that it applied",
          ),
        ]),
    ...["retryInterval", "timeout"]
      .filter((key) => spec[key] === undefined)
      .map((key) =>
        at(
          object,
          ["spec"],
          `${nameOf(object)} lacks ${key}`,
          "without it a failed build is tried again only after its interval",
        ),
      ),
  ];
}

function nameOf({ data }: FileObject): string {
  return `${data.kind} ${data.metadata.name}`;
}

function at(object: FileObject, field: FieldPath, message: string, fix: string): Finding {
  return { file: object.file, line: object.line(...field), message, fix };
}
