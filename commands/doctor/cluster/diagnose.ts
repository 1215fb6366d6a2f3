// From what was seen to what is wrong: root causes with everything about them, and the next step of each. Pure.
import { appliers } from "../../../src/flux/objects.ts";
import { isSuspendedByConfig, isHandOff, nameOf } from "../../../src/flux/suspension.ts";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import { conditionOf } from "../../../src/steps/kubernetes.ts";
import { rootCauses } from "../../flux/causes.ts";
import { artifactOf, healthOf, sourceOf, type Health } from "../../flux/health.ts";
import { nextStep, word } from "../../flux/remedies.ts";
import { refusedVariable } from "../../flux/variables.ts";
import {
  errorsAbout,
  eventLines,
  historyOf,
  isOwnedBy,
  podsOf,
  revisionsOf,
  sicknessOf,
  type SickPod,
  type Trouble,
} from "./details.ts";
import type { Sight } from "./look.ts";
import { cordoned, deadNodes, isReady, nodeTroubles } from "./nodes.ts";

/** What there is to say about a cluster. */
export interface Diagnosis {
  /** e.g. `12 of 13 Kustomizations` */
  readonly counts: readonly string[];
  readonly troubles: readonly Trouble[];
  /** Whether everything that was asked for could be seen. */
  readonly isWhole: boolean;
  /** What is being worked on, which is no trouble; one line each. */
  readonly atWork: readonly string[];
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
    const ready = conditionOf(object, "Ready") as { readonly lastTransitionTime?: string } | undefined;
    return isMoving(health) && now - new Date(ready?.lastTransitionTime ?? now).getTime() > stuckMs;
  };
  const roots = causes.map(({ health, waiting }) => troubleOf(health, waiting, all, sight));
  const stuck = all
    .filter(isStuck)
    .map((health) => troubleOf({ ...health, state: "working" }, [], all, sight));
  const others = [
    ...sight.controllers.flatMap((controller) => controllerTrouble(controller, sight)),
    ...roots,
    ...stuck,
  ];
  return {
    counts: [...countsOf(all), ...nodeCount(sight)],
    troubles: behindNodes(nodeTroubles(sight.nodes, sight.events), others),
    isWhole: sight.unseen.length === 0,
    atWork: all
      .filter((health) => isMoving(health) && !isStuck(health))
      .map(({ name, message, object }) =>
        [`${name}: ${message}`, ...sickOf([object], sight).map(podText)].join("; "),
      ),
    suspended: [
      ...all.filter(({ state }) => state === "suspended").map(suspensionText),
      ...cordoned(sight.nodes).map((name) => `Node ${name} (cordoned: it takes no new pods)`),
    ],
  };
}

/** All troubles: those of Nodes first, each with what only fails because its pods are there. */
function behindNodes(nodes: readonly Trouble[], others: readonly Trouble[]): readonly Trouble[] {
  const dead = nodes.flatMap(({ deadNode }) => deadNode ?? []);
  const nodeBehind = ({ pods, isOfPods = false }: Trouble): string | undefined =>
    isOfPods && pods.every(({ node }) => dead.includes(node)) ? pods[0]?.node : undefined;
  const withOthers = nodes.map((node): Trouble => {
    const behind = others.filter(
      (other) => node.deadNode !== undefined && nodeBehind(other) === node.deadNode,
    );
    // e.g. `Deployment flux-system/source-controller` of its title.
    const waiting = behind.flatMap(({ title, waiting: more = [] }) => [
      title.split(" ").slice(0, 2).join(" "),
      ...more,
    ]);
    return { ...node, pods: behind.flatMap(({ pods }) => pods), waiting: [...new Set(waiting)] };
  });
  return [...withOthers, ...others.filter((other) => nodeBehind(other) === undefined)];
}

function nodeCount({ nodes }: Sight): readonly string[] {
  if (nodes.length === 0) return [];
  return [`${String(nodes.filter(isReady).length)} of ${String(nodes.length)} Nodes`];
}

function countsOf(all: readonly Health[]): readonly string[] {
  const count = (words: string, kinds: readonly string[]): readonly string[] => {
    const of = all.filter(({ object }) => kinds.includes(object.kind ?? ""));
    const ready = of.filter(({ state }) => state === "ready");
    return of.length === 0 ? [] : [`${String(ready.length)} of ${String(of.length)} ${words}`];
  };
  return [...appliers.flatMap(({ kind }) => count(`${kind}s`, [kind])), ...count("sources", sourceKinds)];
}

const verbs: Readonly<Record<Health["state"], string>> = {
  failing: "fails",
  waiting: "waits for what is not there",
  suspended: "is suspended",
  working: "does not get on",
  ready: "is Ready",
};

/** What Flux says when it has applied everything and pods do not become ready. */
const podReasons = [
  "HealthCheckFailed",
  "Progressing",
  "ProgressingWithRetry",
  "InstallFailed",
  "UpgradeFailed",
  "TestFailed",
];

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
  const source = sight.flux.find((other) => nameOf(other) === sourceOf(object));
  const revisions = revisionsOf(object, artifactOf(source));
  const variable = state === "failing" ? refusedVariable(message) : undefined;
  const controllers = [...new Set(concerned.map(({ kind }) => controllerOf(kind)))];
  return {
    title: variable === undefined ? `${name} ${verbs[state]}` : `${name} fails: variable ${variable}`,
    message,
    details: [
      ...(revisions === undefined ? [] : [revisions]),
      ...concerned.flatMap(historyOf).map((line) => `history  ${line}`),
      ...eventLines(concerned, sight.events).map((line) => shortened(line, message)),
      ...controllers.flatMap((controller) =>
        errorsAbout(concerned, sight.logs[controller] ?? "").map(
          (line) => `log      ${controller}: ${shortened(line, message)}`,
        ),
      ),
    ],
    pods: sickOf(concerned, sight),
    isOfPods: podReasons.includes(health.reason),
    waiting,
    todo:
      state === "working"
        ? `npm run flux -- reconcile ${word(health)}; when that changes nothing, look at ${controllerOf(object.kind)}`
        : nextStep(health),
  };
}

/** What stands above already need not be read again. */
function shortened(line: string, message: string): string {
  return message === "" ? line : line.replace(message, "the same");
}

/** Pods of what objects have applied that are not ready. */
function sickOf(objects: readonly KubeObject[], { workloads, pods, nodes }: Sight): readonly SickPod[] {
  return workloads
    .filter((workload) => objects.some((object) => isOwnedBy(workload, object)))
    .flatMap((workload) => podsOf(workload, pods))
    .flatMap((pod) => sicknessOf(pod, deadNodes(nodes)) ?? []);
}

/** e.g. `pod default/podinfo-1 ImagePullBackOff` */
export function podText({ namespace, name, why }: SickPod): string {
  return `pod ${namespace}/${name} ${why}`;
}

function controllerTrouble(controller: KubeObject, sight: Sight): readonly Trouble[] {
  if (conditionOf(controller, "Available")?.status === "True") return [];
  const name = controller.metadata?.name ?? "";
  const pods = podsOf(controller, sight.pods).flatMap((pod) => sicknessOf(pod, deadNodes(sight.nodes)) ?? []);
  return [
    {
      title: `Deployment flux-system/${name} is not available`,
      message: conditionOf(controller, "Available")?.message ?? "it has no pod that is ready",
      details: eventLines([controller], sight.events),
      pods,
      isOfPods: true,
      waiting: [],
      todo: `nothing of what it works on gets on; look at: kubectl -n flux-system describe pods -l app=${name}`,
    },
  ];
}

function suspensionText({ object, name }: Health): string {
  const by = isHandOff(object) || isSuspendedByConfig(object) ? "stack config" : "by hand";
  return `${name} (${by})`;
}
