import { conditionOf, type KubeObject } from "../steps/kubernetes.ts";

interface ContainerStatus {
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

/** Reasons for which a container waits and that pass by themselves. */
const usual = ["ContainerCreating", "PodInitializing"];

/**
 * Why the first pod that is kept from running is, with its name, e.g. `helm-controller-0 is not scheduled: 0/2 nodes are
 * available: 2 node(s) had untolerated taint(s)`; undefined when none is kept. One that is only starting is not.
 */
export function podProblem(pods: readonly KubeObject[]): string | undefined {
  const problem = pods.map(problemOf).find((found) => found !== undefined);
  // A runtime's message may have several lines.
  return problem?.replaceAll(/\s+/g, " ");
}

function problemOf(pod: KubeObject): string | undefined {
  const name = pod.metadata?.name ?? "";
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status === "False")
    return `${name} is not scheduled: ${scheduled.message ?? "no reason given"}`;
  const statuses = ["initContainerStatuses", "containerStatuses"].flatMap(
    (key) => (pod.status?.[key] ?? []) as readonly ContainerStatus[],
  );
  for (const { state } of statuses) {
    const { reason, message } = state?.waiting ?? {};
    if (reason !== undefined && !usual.includes(reason))
      return `${name}: ${reason}${message === undefined ? "" : `: ${message}`}`;
  }
  return undefined;
}
