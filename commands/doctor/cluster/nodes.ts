// Nodes that are the reason for what does not run on them. Pure.
import type { badConditions } from "../../../src/bootstrap/nodeProblem.ts";
import { conditionOf, type KubeObject } from "../../../src/steps/kubernetes.ts";
import { oneLine } from "../../../src/flux/ready.ts";
import { eventLines, type Trouble } from "./details.ts";

/** What to do about what a Node runs out of. */
const shortages: Readonly<Record<(typeof badConditions)[number], string>> = {
  DiskPressure:
    "its disk is full, so it takes no pods and throws some out: make room, or give it a larger disk; talosctl -n ADDRESS usage /var says what lies there",
  MemoryPressure:
    "its memory is used up, so it throws pods out: give the apps on it lower limits or it more memory; kubectl top pods -A says who has it",
  PIDPressure: "it runs too many processes: look for an app that makes them without end",
  NetworkUnavailable:
    "its network is not set up: look at kubectl -n kube-system get pods -l k8s-app=cilium -o wide",
};

/** Whether a Node's kubelet says that it is well. */
export function isReady(node: KubeObject): boolean {
  return conditionOf(node, "Ready")?.status === "True";
}

/** Names of Nodes on which nothing can be expected to run. */
export function deadNodes(nodes: readonly KubeObject[]): ReadonlySet<string> {
  return new Set(nodes.filter((node) => !isReady(node)).map(nameOf));
}

/** One trouble for each Node that is not Ready or runs out of something. */
export function nodeTroubles(
  nodes: readonly KubeObject[],
  events: readonly KubeObject[],
): readonly Trouble[] {
  return nodes.flatMap((node) => (isReady(node) ? shortagesOf(node, events) : [notReady(node, events)]));
}

/** Names of Nodes that take no new pods because somebody said so. */
export function cordoned(nodes: readonly KubeObject[]): readonly string[] {
  return nodes.filter(({ spec }) => spec?.["unschedulable"] === true).map(nameOf);
}

function notReady(node: KubeObject, events: readonly KubeObject[]): Trouble {
  const name = nameOf(node);
  return {
    title: `Node ${name} is NotReady`,
    message: oneLine(conditionOf(node, "Ready")?.message ?? "its kubelet has not said anything yet"),
    details: eventLines([node], events),
    pods: [],
    deadNode: name,
    todo: `npm run doctor says whether the machine answers. Switched off: switch it on; it answers: talosctl -n ${addressOf(node)} service, and dmesg, say what is wrong with it; gone for good: gone: true in the stack config, then npm run up`,
  };
}

function shortagesOf(node: KubeObject, events: readonly KubeObject[]): readonly Trouble[] {
  return Object.entries(shortages)
    .map(([type, todo]) => ({ type, todo, condition: conditionOf(node, type) }))
    .filter(({ condition }) => condition?.status === "True")
    .map(({ type, todo, condition }) => ({
      title: `Node ${nameOf(node)} has ${type}`,
      message: oneLine(condition?.message ?? ""),
      details: eventLines([node], events),
      pods: [],
      todo: todo.replaceAll("ADDRESS", addressOf(node)),
    }));
}

function nameOf({ metadata }: KubeObject): string {
  return metadata?.name ?? "";
}

/** Its address in the machines' network; its name while its kubelet has not said it. */
export function addressOf({ metadata, status }: KubeObject): string {
  const addresses = (status?.["addresses"] ?? []) as readonly { type: string; address: string }[];
  return addresses.find(({ type }) => type === "InternalIP")?.address ?? metadata?.name ?? "ADDRESS";
}
