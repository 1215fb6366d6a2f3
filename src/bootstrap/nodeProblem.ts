import { conditionOf, type KubeObject } from "../steps/kubernetes.ts";
import { taintsOf } from "../talos/node/metadata.ts";

/** Conditions besides Ready that are bad when they are true. Source: kubernetes.io/docs/reference/node/node-status. */
export const badConditions = ["DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable"] as const;

/** Put there by a person: cordoned, or declared dead. */
const byPeople = ["node.kubernetes.io/unschedulable", "node.kubernetes.io/out-of-service"];

/**
 * Why a machine is no node yet that takes pods, with its name; undefined when it is one. A node with disk pressure is Ready, and
 * nothing new starts there.
 */
export function nodeProblem(name: string, node: KubeObject | undefined): string | undefined {
  if (node === undefined) return `${name} has not registered`;
  const ready = conditionOf(node, "Ready");
  if (ready?.status !== "True") return `${name} is NotReady: ${ready?.message ?? "no status yet"}`;
  for (const type of badConditions) {
    const { status, message } = conditionOf(node, type) ?? {};
    if (status === "True") return `${name} takes no pods: ${[type, message].filter(Boolean).join(", ")}`;
  }
  // What the cluster itself puts there. Source: kubernetes.io, Taints and Tolerations, built-in taints.
  const builtIn = taintsOf(node).filter(({ key }) => key.startsWith("node.kubernetes.io/"));
  const taint = builtIn.find(({ key, effect }) => !byPeople.includes(key) && effect !== "PreferNoSchedule");
  return taint === undefined ? undefined : `${name} takes no pods: taint ${taint.key}`;
}
