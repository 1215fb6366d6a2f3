// How one object of Flux is doing, and which others it waits for, out of what it says of itself. Pure.
import { judge, type Judgement } from "../../src/flux/ready.ts";
import { isOfTheTree } from "../../src/flux/treeReadiness.ts";
import { isSuspended, nameOf, parentOf } from "../../src/flux/suspension.ts";
import { conditionOf, type KubeObject } from "../../src/steps/kubernetes.ts";

/** How an object is doing, with those that it can be waiting for. */
export interface Health extends Omit<Judgement, "state"> {
  readonly object: KubeObject;
  /** e.g. `Kustomization flux-system/podinfo` */
  readonly name: string;
  /** `suspended`: somebody told Flux to leave it alone. */
  readonly state: Judgement["state"] | "suspended";
  /** Whether what its source has by now is applied, and only its health is waited for. */
  readonly hasApplied: boolean;
  /** Names of the objects that it can be waiting for, those that its state is about. */
  readonly waitsFor: readonly string[];
}

interface Reference {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** Health of all objects of Flux that are given; sources and what is made of them belong in one call. */
export function healthOf(objects: readonly KubeObject[]): readonly Health[] {
  const byName = new Map(objects.map((object) => [nameOf(object), object]));
  return objects.map((object) => {
    const source = artifactOf(byName.get(sourceOf(object)));
    // What comes from the tree must be at what the source has by now.
    const isDue = source !== undefined && isOfTheTree(object);
    const { state: judged, ...said } = judge(
      object,
      isDue ? { revision: (it) => it === source, source } : {},
    );
    const state = isSuspended(object) ? "suspended" : judged;
    const waitsFor = linksOf(object, objects, state, said.reason);
    const hasApplied = state === "ready" || isAtHealthChecks(object, source);
    return { object, name: nameOf(object), state, ...said, hasApplied, waitsFor };
  });
}

/** Source: fluxcd/kustomize-controller v1.9.4 checkHealth. */
function isAtHealthChecks(object: KubeObject, revision = ""): boolean {
  const text = conditionOf(object, "Reconciling")?.message ?? "";
  return revision !== "" && text.startsWith(`Running health checks for revision ${revision} `);
}

/** The source that an object names, by name. */
export function sourceOf({ kind, metadata, spec, status }: KubeObject): string {
  const namespace = metadata?.namespace ?? "";
  const chart = status?.["helmChart"] as string | undefined;
  if (kind === "HelmRelease" && spec?.["chartRef"] === undefined && chart !== undefined)
    return `HelmChart ${chart}`;
  const reference = (spec?.["sourceRef"] ?? spec?.["chartRef"] ?? {}) as Reference;
  return `${reference.kind ?? ""} ${reference.namespace ?? namespace}/${reference.name ?? ""}`;
}

/** What a source has fetched. */
export function artifactOf(source: KubeObject | undefined): string | undefined {
  return (source?.status?.["artifact"] as { readonly revision?: string } | undefined)?.revision;
}

/** Which others the state of an object can come from. */
function linksOf(
  object: KubeObject,
  objects: readonly KubeObject[],
  state: Health["state"],
  reason: string,
): readonly string[] {
  if (state === "ready" || state === "suspended") return [];
  if (reason === "DependencyNotReady") return dependenciesOf(object);
  if (["SourceNotReady", "ArtifactFailed"].includes(reason) || object.kind === "HelmChart")
    return [sourceOf(object)];
  // Whoever waits for the health of what he applied waits for these; a build that fails waits for nobody.
  const waitsForHealth = state === "working" || ["HealthCheckFailed", "DependencyNotReady"].includes(reason);
  if (object.kind !== "Kustomization" || !waitsForHealth) return [];
  const checks = (object.spec?.["healthChecks"] ?? []) as readonly Reference[];
  const isChecked = (child: KubeObject): boolean =>
    object.spec?.["wait"] === true ||
    checks.some(({ kind, name }) => kind === child.kind && name === child.metadata?.name);
  return objects.filter((child) => parentOf(child) === nameOf(object) && isChecked(child)).map(nameOf);
}

/** Names of what it depends on. */
export function dependenciesOf({ kind, metadata, spec }: KubeObject): readonly string[] {
  const references = (spec?.["dependsOn"] ?? []) as readonly Reference[];
  return references.map(
    ({ name = "", namespace = metadata?.namespace ?? "" }) => `${kind ?? ""} ${namespace}/${name}`,
  );
}
