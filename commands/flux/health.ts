// How one object of Flux is doing, and which others it waits for, out of what it says of itself. Pure.
import { isOfTheTree } from "../../src/flux/treeReadiness.ts";
import { isSuspended, nameOf, parentOf } from "../../src/flux/suspension.ts";
import { conditionOf, type KubeObject } from "../../src/steps/kubernetes.ts";

/**
 * - `ready`: for its current spec, and at what its source has
 * - `suspended`: somebody told Flux to leave it alone
 * - `working`: its controller is at it, or is about to be
 * - `waiting`: for another object
 * - `failing`: it says why
 */
export type State = "ready" | "suspended" | "working" | "waiting" | "failing";

/** How an object is doing. */
export interface Health {
  readonly object: KubeObject;
  /** e.g. `Kustomization flux-system/podinfo` */
  readonly name: string;
  readonly state: State;
  /** Flux's own word for it, e.g. `BuildFailed`. */
  readonly reason: string;
  /** Flux's own message, in one line. */
  readonly message: string;
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

/** Waiting is no failure of the object itself. */
const waitingReasons = ["DependencyNotReady", "SourceNotReady"];
/** Begun anew by itself at once. */
const workingReasons = ["Progressing", "ProgressingWithRetry", "HealthCheckCanceled"];
/** An action failed and helm-controller may try again: only Stalled says that it does not. */
const retriedReasons = ["InstallFailed", "UpgradeFailed", "TestFailed", "UninstallFailed"];

/** Health of all objects of Flux that are given; sources and what is made of them belong in one call. */
export function healthOf(objects: readonly KubeObject[]): readonly Health[] {
  const byName = new Map(objects.map((object) => [nameOf(object), object]));
  return objects.map((object) => {
    const { state, reason, message } = stateOf(object, byName);
    const waitsFor = linksOf(object, objects, state, reason);
    const hasApplied =
      state === "ready" || isAtHealthChecks(object, artifactOf(byName.get(sourceOf(object))));
    return { object, name: nameOf(object), state, reason, message, hasApplied, waitsFor };
  });
}

/** What an object says, by its condition Ready. */
function stateOf(
  object: KubeObject,
  byName: ReadonlyMap<string, KubeObject>,
): Pick<Health, "state" | "reason" | "message"> {
  const ready = conditionOf(object, "Ready");
  const reason = ready?.reason ?? "";
  const message = oneLine(ready?.message ?? "");
  if (isSuspended(object)) return { state: "suspended", reason, message };
  if (isSetting(object)) return { state: "ready", reason, message };
  if (ready === undefined)
    return { state: "working", reason: "", message: "its controller has not looked at it yet" };
  if (ready.status === "Unknown") return { state: "working", reason, message: workOf(object) ?? message };
  if (ready.status === "False") return { state: failureOf(object, reason), reason, message };
  if (hasNewSpec(object))
    return { state: "working", reason, message: "its controller has not seen the last change yet" };
  const source = isOfTheTree(object) ? artifactOf(byName.get(sourceOf(object))) : undefined;
  const applied = String(object.status?.["lastAppliedRevision"] ?? "");
  return source === undefined || source === applied
    ? { state: "ready", reason, message }
    : {
        state: "working",
        reason,
        message: `is at ${shortRevision(applied)}, its source at ${shortRevision(source)}`,
      };
}

/** Read when somebody needs it; no controller says anything of it. */
function isSetting({ kind, spec }: KubeObject): boolean {
  return kind === "Alert" || kind === "Provider" || (kind === "HelmRepository" && spec?.["type"] === "oci");
}

function failureOf(object: KubeObject, reason: string): State {
  if (waitingReasons.includes(reason)) return "waiting";
  if (workingReasons.includes(reason)) return "working";
  const retried = retriedReasons.includes(reason) && conditionOf(object, "Stalled")?.status !== "True";
  if (retried && conditionOf(object, "Reconciling")?.status === "True") return "working";
  // A failure of what it was told before its last change.
  const attempted = Number(object.status?.["lastAttemptedGeneration"] ?? Number.MAX_SAFE_INTEGER);
  return attempted < (object.metadata?.generation ?? 0) && reason !== "ArtifactFailed"
    ? "working"
    : "failing";
}

function hasNewSpec({ metadata, status }: KubeObject): boolean {
  // Objects of kinds without a controller observe nothing.
  const observed = status?.["observedGeneration"];
  return observed !== undefined && Number(observed) < (metadata?.generation ?? 0);
}

function workOf(object: KubeObject): string | undefined {
  const text = conditionOf(object, "Reconciling")?.message;
  return text === undefined ? undefined : oneLine(text);
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

/** e.g. `main@sha1:0123456789ab` */
export function shortRevision(revision: string): string {
  return revision === "" ? "nothing" : revision.replace(/([0-9a-f]{12})[0-9a-f]+$/, "$1");
}

/** Which others the state of an object can come from. */
function linksOf(
  object: KubeObject,
  objects: readonly KubeObject[],
  state: State,
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

/** A message in one line, with paths as they are in the repository and not in the controller's temporary folder. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\/tmp\/kustomization-\d+\//g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}
