// What else there is to see about objects that are not Ready: Helm's history, events, pods, lines of logs. Pure; the texts
// are as the cluster has them, secrets are taken out by whoever prints them.
import { podTrouble } from "../../../src/bootstrap/podProblem.ts";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import { oneLine, shortRevision } from "../../../src/flux/ready.ts";

const most = 3;

/** What Helm has done with a release, newest first, e.g. `v2 podinfo@6.9.3 failed 2026-11-26T04:36:14Z`. */
export function historyOf({ kind, status }: KubeObject): readonly string[] {
  // A Kustomization has a history of another form.
  if (kind !== "HelmRelease") return [];
  return ((status?.["history"] ?? []) as readonly Readonly<Record<string, string>>[])
    .slice(0, most)
    .map(
      (it) =>
        `v${it["version"]} ${it["chartName"]}@${it["chartVersion"]} ${it["status"]} ${it["lastDeployed"]}`,
    );
}

/** What a Kustomization has applied and tried, and what its source has. */
export function revisionsOf({ kind, status }: KubeObject, source: string | undefined): string | undefined {
  if (kind !== "Kustomization") return undefined;
  const revision = String(status?.["lastAppliedRevision"] ?? "");
  const applied = `applied ${shortRevision(revision)}`;
  return revision === source ? applied : `${applied}, its source has ${shortRevision(source ?? "")}`;
}

interface KubeEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: unknown;
  readonly eventTime?: unknown;
  readonly involvedObject?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
}

/** Warnings about objects, newest first, each once. */
export function warningsAbout(
  objects: readonly KubeObject[],
  events: readonly KubeObject[],
): readonly string[] {
  const concerns = ({ involvedObject }: KubeEvent): boolean =>
    objects.some(
      ({ kind, metadata }) =>
        kind === involvedObject?.kind &&
        metadata?.name === involvedObject?.name &&
        (metadata?.namespace ?? "") === (involvedObject?.namespace ?? ""),
    );
  const time = ({ lastTimestamp, eventTime, metadata }: KubeEvent): number =>
    new Date((lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? 0) as string).getTime();
  const found = (events as readonly KubeEvent[])
    .filter((event) => event.type === "Warning" && concerns(event))
    .toSorted((one, other) => time(other) - time(one))
    .map(({ reason, message }) => `${reason ?? ""}: ${oneLine(message ?? "")}`);
  return distinct(found);
}

/** The same as lines of a trouble. */
export function eventLines(...about: Parameters<typeof warningsAbout>): readonly string[] {
  return warningsAbout(...about).map((line) => `event    ${line}`);
}

/** The labels by which Flux marks what it has applied for an object. */
export function isOwnedBy(workload: KubeObject, { kind, metadata }: KubeObject): boolean {
  const group = kind === "HelmRelease" ? "helm" : "kustomize";
  const labels = workload.metadata?.labels;
  return (
    labels?.[`${group}.toolkit.fluxcd.io/name`] === metadata?.name &&
    labels?.[`${group}.toolkit.fluxcd.io/namespace`] === metadata?.namespace
  );
}

/** The pods of a workload. */
export function podsOf(workload: KubeObject, pods: readonly KubeObject[]): readonly KubeObject[] {
  const { matchLabels } = (workload.spec?.["selector"] ?? {}) as {
    readonly matchLabels?: Record<string, string>;
  };
  const wanted = Object.entries(matchLabels ?? {});
  return pods.filter(
    ({ metadata }) =>
      wanted.length > 0 &&
      metadata?.namespace === workload.metadata?.namespace &&
      wanted.every(([key, value]) => metadata?.labels?.[key] === value),
  );
}

/** Something that is wrong by itself. */
export interface Trouble {
  /** e.g. `HelmRelease default/podinfo fails` */
  readonly title: string;
  readonly message: string;
  /** Further lines: revisions, history, events, logs. */
  readonly details: readonly string[];
  readonly pods: readonly SickPod[];
  /** Whether it is about pods that do not become ready, and about nothing else. */
  readonly isOfPods?: boolean;
  /** Name of the Node that it is about, where nothing can run on it. */
  readonly deadNode?: string;
  readonly waiting?: readonly string[];
  readonly todo: string;
}

/** A pod that is not ready. */
export interface SickPod {
  readonly namespace: string;
  readonly name: string;
  /** e.g. `ImagePullBackOff: Back-off pulling image …` */
  readonly why: string;
  /** Name of its Node; empty while it has none. */
  readonly node: string;
  /** Whether a container of it ran before and ended. */
  readonly hasEnded: boolean;
}

/** Name of the Node that a pod is on; empty while it has none. */
export function nodeOf(pod: KubeObject): string {
  return String(pod.spec?.["nodeName"] ?? "");
}

/**
 * Why a pod is not ready; undefined for one that is, or has done its work.
 * @param dead names of Nodes that are not Ready: what a pod on one of them says of itself is old
 */
export function sicknessOf(pod: KubeObject, dead: ReadonlySet<string> = new Set()): SickPod | undefined {
  const found = podTrouble(pod);
  if (found === undefined) return undefined;
  const node = nodeOf(pod);
  return {
    namespace: pod.metadata?.namespace ?? "",
    name: pod.metadata?.name ?? "",
    why: dead.has(node) ? `is on Node ${node}, which is NotReady` : oneLine(found.why),
    node,
    hasEnded: found.hasEnded,
  };
}

/** Errors about objects in a controller's log, newest first, each once. Source: Flux's JSON logs. */
export function errorsAbout(objects: readonly KubeObject[], log: string): readonly string[] {
  const found = log.split("\n").flatMap((text) => {
    const { level, msg = "", error = "", controllerKind, namespace, name } = parsed(text);
    const concerns = objects.some(
      ({ kind, metadata }) =>
        kind === controllerKind && metadata?.namespace === namespace && metadata?.name === name,
    );
    return level === "error" && concerns ? [oneLine(`${msg}: ${error}`)] : [];
  });
  return distinct(found.toReversed());
}

function parsed(text: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return {};
  }
}

/** Texts beside each other that say the same are one; the newest first. */
export function distinct(texts: readonly string[], limit = most): readonly string[] {
  // What differs from one try to the next says nothing: temporary folders, durations, ids.
  const plain = (text: string): string => text.replaceAll(/\d+(\.\d+)?|[0-9a-f]{8,}/g, "#");
  const seen = new Map(texts.toReversed().map((text) => [plain(text), text]));
  return [...seen.values()].toReversed().slice(0, limit);
}
