// What else there is to see about objects that are not Ready: Helm's history, events, pods, lines of logs. Pure; the texts
// are as the cluster has them, secrets are taken out by whoever prints them.
import { podTrouble } from "../../../src/bootstrap/podProblem.ts";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import { oneLine, shortRevision } from "../../../src/flux/ready.ts";
import { distinct } from "../report.ts";

const most = 3;

interface Snapshot {
  readonly version: number;
  readonly chartName: string;
  readonly chartVersion: string;
  readonly status: string;
  readonly lastDeployed: string;
}

/** What Helm has done with a release, newest first, e.g. `v2 podinfo@6.9.3 failed 2026-11-26T04:36:14Z`. */
export function historyOf({ kind, status }: KubeObject): readonly string[] {
  // A Kustomization has a history of another form.
  if (kind !== "HelmRelease") return [];
  return ((status?.["history"] ?? []) as readonly Snapshot[])
    .slice(0, most)
    .map(
      ({ version, chartName, chartVersion, status: state, lastDeployed }) =>
        `v${String(version)} ${chartName}@${chartVersion} ${state} ${lastDeployed}`,
    );
}

/** What a Kustomization has applied and tried, and what its source has. */
export function revisionsOf({ kind, status }: KubeObject, source: string | undefined): string | undefined {
  if (kind !== "Kustomization") return undefined;
  const applied = String(status?.["lastAppliedRevision"] ?? "");
  const has = source === undefined ? "its source has nothing" : `its source has ${shortRevision(source)}`;
  return applied === source
    ? `applied ${shortRevision(applied)}`
    : `applied ${shortRevision(applied)}, ${has}`;
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
  return distinct(found, most);
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

interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly error?: string;
  readonly controllerKind?: string;
  readonly namespace?: string;
  readonly name?: string;
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
  return distinct(found.toReversed(), most);
}

function parsed(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return {};
  }
}
