// From what was seen to what is wrong: root causes with everything about them, and the next step of each. Pure.
import { isSuspendedByConfig, isHandOff, suspendedKinds } from "../../../src/flux/suspension.ts";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import { conditionOf } from "../../../src/steps/kubernetes.ts";
import { rootCauses } from "../../flux/causes.ts";
import { artifactOf, healthOf, sourceOf, type Health } from "../../flux/health.ts";
import { nextStep } from "../../flux/remedies.ts";
import {
  errorsAbout,
  historyOf,
  isOwnedBy,
  podsOf,
  revisionsOf,
  sicknessOf,
  warningsAbout,
  type SickPod,
} from "./details.ts";
import type { Sight } from "./look.ts";

/** Something that is wrong by itself. */
export interface Trouble {
  /** e.g. `HelmRelease default/podinfo fails` */
  readonly title: string;
  readonly message: string;
  /** Further lines: revisions, history, events, logs. */
  readonly details: readonly string[];
  readonly pods: readonly SickPod[];
  /** Names of what waits for it. */
  readonly waiting: readonly string[];
  readonly todo: string;
}

/** What there is to say about a cluster. */
export interface Diagnosis {
  /** e.g. `12 of 13 Kustomizations` */
  readonly counts: readonly string[];
  readonly troubles: readonly Trouble[];
  /** What is being worked on, which is no trouble; one line each. */
  readonly atWork: readonly string[];
  /** What is suspended, by whom. */
  readonly suspended: readonly string[];
}

const sourceKinds = ["GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart"];

/** Which controller works on a kind. */
function controllerOf(kind = ""): string {
  if (kind === "Kustomization") return "kustomize-controller";
  if (kind === "HelmRelease") return "helm-controller";
  return sourceKinds.includes(kind) ? "source-controller" : "notification-controller";
}

/** Longer than any look of a controller takes in a tree whose objects have timeouts of five minutes. */
const stuckMs = 20 * 60_000;

/** @param now as Date.now() says it */
export function diagnose(sight: Sight, now: number): Diagnosis {
  const all = healthOf(sight.flux);
  const causes = rootCauses(all);
  const isMoving = ({ name, state }: Health): boolean =>
    state === "working" ||
    (state === "waiting" &&
      !causes.some(({ health, waiting }) => health.name === name || waiting.includes(name)));
  const isStuck = (health: Health): boolean => {
    const { object } = health;
    const since = (conditionOf(object, "Ready") as { readonly lastTransitionTime?: string } | undefined)
      ?.lastTransitionTime;
    return isMoving(health) && since !== undefined && now - new Date(since).getTime() > stuckMs;
  };
  const roots = causes.map(({ health, waiting }) => troubleOf(health, waiting, all, sight));
  const stuck = all
    .filter(isStuck)
    .map((health) => troubleOf({ ...health, state: "working" }, [], all, sight));
  return {
    counts: countsOf(all),
    troubles: [
      ...sight.controllers.flatMap((controller) => controllerTrouble(controller, sight)),
      ...roots,
      ...stuck,
    ],
    atWork: all
      .filter((health) => isMoving(health) && !isStuck(health))
      .map(({ name, message, object }) =>
        [`${name}: ${message}`, ...sickOf([object], sight).map(podText)].join("; "),
      ),
    suspended: all.filter(({ state }) => state === "suspended").map(suspensionText),
  };
}

function countsOf(all: readonly Health[]): readonly string[] {
  const count = (words: string, kinds: readonly string[]): readonly string[] => {
    const of = all.filter(({ object }) => kinds.includes(object.kind ?? ""));
    const ready = of.filter(({ state }) => state === "ready");
    return of.length === 0 ? [] : [`${String(ready.length)} of ${String(of.length)} ${words}`];
  };
  return [
    ...suspendedKinds.flatMap(({ kind }) => count(`${kind}s`, [kind])),
    ...count("sources", sourceKinds),
  ];
}

const verbs: Readonly<Record<Health["state"], string>> = {
  failing: "fails",
  waiting: "waits for what is not there",
  suspended: "is suspended",
  working: "does not get on",
  ready: "is Ready",
};

function troubleOf(
  health: Health,
  waiting: readonly string[],
  all: readonly Health[],
  sight: Sight,
): Trouble {
  const { object, name, state, message } = health;
  // A chart's trouble is its release's too.
  const releases = all
    .filter((other) => waiting.includes(other.name) && sourceOf(other.object) === name)
    .map((other) => other.object);
  const concerned = [object, ...releases];
  const source = sight.flux.find(
    (other) =>
      `${other.kind ?? ""} ${other.metadata?.namespace ?? ""}/${other.metadata?.name ?? ""}` ===
      sourceOf(object),
  );
  const revisions = revisionsOf(object, artifactOf(source));
  const controllers = [...new Set(concerned.map(({ kind }) => controllerOf(kind)))];
  return {
    title: `${name} ${verbs[state]}`,
    message,
    details: [
      ...(revisions === undefined ? [] : [revisions]),
      ...concerned.flatMap(historyOf).map((line) => `history  ${line}`),
      ...warningsAbout(concerned, sight.events).map((line) => `event    ${shortened(line, message)}`),
      ...controllers.flatMap((controller) =>
        errorsAbout(concerned, sight.logs[controller] ?? "").map(
          (line) => `log      ${controller}: ${shortened(line, message)}`,
        ),
      ),
    ],
    pods: sickOf(concerned, sight),
    waiting,
    todo:
      state === "working"
        ? `npm run flux -- reconcile ${wordOf(object)}; when that changes nothing, look at ${controllerOf(object.kind)}`
        : nextStep(health),
  };
}

/** What stands above already need not be read again. */
function shortened(line: string, message: string): string {
  return message === "" ? line : line.replace(message, "the same");
}

function wordOf({ kind, metadata }: KubeObject): string {
  return `${kind ?? ""}/${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
}

/** Pods of what objects have applied that are not ready. */
function sickOf(objects: readonly KubeObject[], { workloads, pods }: Sight): readonly SickPod[] {
  return workloads
    .filter((workload) => objects.some((object) => isOwnedBy(workload, object)))
    .flatMap((workload) => podsOf(workload, pods))
    .flatMap((pod) => sicknessOf(pod) ?? []);
}

/** e.g. `pod default/podinfo-1 ImagePullBackOff` */
export function podText({ namespace, name, why }: SickPod): string {
  return `pod ${namespace}/${name} ${why}`;
}

function controllerTrouble(controller: KubeObject, sight: Sight): readonly Trouble[] {
  if (conditionOf(controller, "Available")?.status === "True") return [];
  const name = controller.metadata?.name ?? "";
  const pods = podsOf(controller, sight.pods).flatMap((pod) => sicknessOf(pod) ?? []);
  return [
    {
      title: `Deployment flux-system/${name} is not available`,
      message: conditionOf(controller, "Available")?.message ?? "it has no pod that is ready",
      details: warningsAbout([controller], sight.events).map((line) => `event    ${line}`),
      pods,
      waiting: [],
      todo: `nothing of what it works on gets on; look at: kubectl -n flux-system describe pods -l app=${name}`,
    },
  ];
}

function suspensionText({ object, name }: Health): string {
  const by = isHandOff(object) || isSuspendedByConfig(object) ? "stack config" : "by hand";
  return `${name} (${by})`;
}
