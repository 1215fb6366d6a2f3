// The status of a Flux pod as a kubelet would write it. Pure.
import type { LabObject } from "../kubernetes/kubeApi.ts";

/** What is known of a pod. */
export interface PodFacts {
  /** `pulling` is for an image that nobody has. */
  readonly state: "running" | "pulling";
  readonly ready: boolean;
  readonly restarts: number;
  readonly started: Date;
  readonly podIP: string;
}

/** The container of a pod, as far as it matters here. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
}

/** The only container of a Flux pod. */
export function containerOf(pod: LabObject): Container {
  const [container] = (pod.spec?.["containers"] ?? []) as readonly Container[];
  return container ?? { name: "manager", image: "" };
}

/** The status for a merge patch. */
export function podStatus(pod: LabObject, facts: PodFacts): Record<string, unknown> {
  const { name, image } = containerOf(pod);
  const startedAt = facts.started.toISOString().replace(/\.\d+Z$/, "Z");
  const condition = (type: string, holds: boolean): object => ({
    type,
    status: holds ? "True" : "False",
    lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
  });
  const state =
    facts.state === "running"
      ? { running: { startedAt } }
      : { waiting: { reason: "ImagePullBackOff", message: `the lab has no program for ${image}` } };
  return {
    phase: facts.state === "running" ? "Running" : "Pending",
    startTime: startedAt,
    podIP: facts.podIP,
    podIPs: [{ ip: facts.podIP }],
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", true),
      condition("ContainersReady", facts.ready),
      condition("Ready", facts.ready),
    ],
    containerStatuses: [
      {
        name,
        image,
        imageID: "",
        ready: facts.ready,
        started: facts.state === "running",
        restartCount: facts.restarts,
        state,
      },
    ],
  };
}
