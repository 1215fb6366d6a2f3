// Why a pod does not do its work: the one judge, for the steps that wait for pods and for `npm run doctor`.
import { conditionOf, type KubeObject } from "../steps/kubernetes.ts";

/** Source: kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle, container states. */
interface ContainerStatus {
  readonly name?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
}

/** Why a pod is not ready. */
export interface PodTrouble {
  /** e.g. `not scheduled: 0/2 nodes are available`, `ImagePullBackOff: Back-off pulling image x`; on one line. */
  readonly why: string;
  readonly isUnscheduled: boolean;
  /** Whether it is only starting, and may become ready by itself. */
  readonly isStarting: boolean;
  /** Whether the container that it is about ran before and ended. */
  readonly hasEnded: boolean;
}

/** What keeps a pod from its work; undefined for one that is ready, or has done it. */
export function podTrouble(pod: KubeObject): PodTrouble | undefined {
  const phase = String(pod.status?.["phase"] ?? "");
  if (phase === "Succeeded" || conditionOf(pod, "Ready")?.status === "True") return undefined;
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status === "False")
    return trouble(`not scheduled: ${scheduled.message ?? "no reason given"}`, { isUnscheduled: true });
  const troubles = ["initContainerStatuses", "containerStatuses"]
    .flatMap((key) => (pod.status?.[key] ?? []) as readonly ContainerStatus[])
    .flatMap((status) => containerTrouble(status) ?? []);
  // The one that does not pass explains the others, which may only wait for it.
  const lasting = troubles.find(({ isStarting }) => !isStarting);
  return lasting ?? troubles[0] ?? trouble(phase, { isStarting: true });
}

/**
 * Why the first pod that is kept from running is, with its name, e.g. `helm-controller-0 is not scheduled: 0/2 nodes are
 * available: 2 node(s) had untolerated taint(s)`; undefined when none is kept. One that is only starting is not.
 */
export function podProblem(pods: readonly KubeObject[]): string | undefined {
  const [problem] = pods.flatMap((pod) => {
    const found = podTrouble(pod);
    if (found === undefined || found.isStarting) return [];
    return [`${pod.metadata?.name ?? ""}${found.isUnscheduled ? " is " : ": "}${found.why}`];
  });
  return problem;
}

function containerTrouble(status: ContainerStatus): PodTrouble | undefined {
  const { name = "", ready, restartCount = 0, state: { waiting, terminated } = {} } = status;
  const hasEnded = restartCount > 0;
  if (ready === true || terminated?.exitCode === 0) return undefined;
  if (waiting !== undefined) {
    const { reason = "", message = "" } = waiting;
    // Reasons that pass by themselves.
    const isStarting = ["", "ContainerCreating", "PodInitializing"].includes(reason);
    return trouble([reason, message].filter(Boolean).join(": "), { isStarting, hasEnded });
  }
  if (terminated === undefined)
    return trouble(`container ${name} runs and is not ready`, { isStarting: true, hasEnded });
  const { reason = "ended", exitCode = "?" } = terminated;
  return trouble(`${reason} with exit code ${exitCode}`, { hasEnded });
}

/** A runtime's message may have several lines. */
function trouble(why: string, facts: Partial<Omit<PodTrouble, "why">>): PodTrouble {
  const text = why.replaceAll(/\s+/g, " ").trim();
  return { isUnscheduled: false, isStarting: false, hasEnded: false, ...facts, why: text };
}
