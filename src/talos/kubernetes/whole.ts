// Whether control planes are whole: etcd, the API server, static pods that run their config. Each is asked of the machine
// itself, since each has its own view of the members, and the cluster's endpoint may be another's.
import type { Kubernetes } from "../../steps/kubernetes.ts";
import { messageOf } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet, type Observation } from "../../steps/wait.ts";
import type { ClusterView } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";
import { etcdProblem, requireQuorumWhileDown } from "../etcd/etcdMembers.ts";
import { etcdView, serviceIllness } from "../etcd/etcdView.ts";
import { apiAnswerMs } from "./clusterApi.ts";
import { oldStaticPod, staticPods, type StaticPod } from "./staticPods.ts";

/** How to wait at the gate: `when` for messages, e.g. `before k8s-1 goes down`; whom etcd must be able to do without. */
export interface GateOptions {
  readonly timeoutSeconds: number;
  readonly when: string;
  readonly kubernetes: Kubernetes;
  readonly leaving?: MachineRef | undefined;
}

/**
 * The gate in front of a control plane, and behind it. Waits until every control plane's etcd is healthy, all know the same
 * members, at least the expected ones, no learners and no alarms, and every control plane's API server answers and is the one
 * of its config: one that is about to restart answers too.
 * @throws StepError naming the control plane and what is wrong with it, or that etcd cannot do without the one that leaves
 */
export async function controlPlanesWhole(
  { step, talosctl, controlPlanes }: ClusterView,
  { timeoutSeconds, when, kubernetes, leaving }: GateOptions,
): Promise<void> {
  const addresses = controlPlanes.map(({ address }) => address).join(",");
  await step.waitFor(
    {
      what: `all control planes whole ${when}`,
      timeoutSeconds,
      // A look takes its time by itself.
      intervalMs: 200,
      todo: `look at: talosctl etcd status -n ${addresses}; talosctl service -n ${addresses}; fix that, then run pulumi up again`,
    },
    twice("all control planes are whole; looking once more", async () => {
      const all = await Promise.all(
        controlPlanes.map(async (machine) => ({ machine, view: await etcdView(talosctl, machine) })),
      );
      const members = all.filter(({ view }) => view.isToJoin !== true);
      const views = members.map(({ view }) => view);
      const ill = etcdProblem(views);
      if (ill !== undefined) return ill;
      const problems = await Promise.all(
        members.map(({ machine }) => apiProblem(talosctl, kubernetes, machine, ["kube-apiserver"])),
      );
      const problem = problems.find((found) => found !== undefined);
      if (problem === undefined && leaving !== undefined) requireQuorumWhileDown(leaving, views);
      return problem;
    }),
  );
}

/**
 * A look that counts only when it finds nothing missing twice in a row: what comes and goes, or is about to, looks well for a
 * moment. `again` is said after the first time.
 */
export function twice(
  again: string,
  look: () => Promise<string | undefined>,
): () => Promise<Observation<undefined>> {
  let wasWell = false;
  return async () => {
    const before = wasWell;
    wasWell = false;
    const missing = await look();
    wasWell = missing === undefined;
    return before && wasWell ? done() : notYet(missing ?? again);
  };
}

/** What a control plane lacks of what its config says; undefined when it is whole. */
export async function whatIsNotWhole(
  { talosctl, controlPlanes }: Omit<ClusterView, "step">,
  kubernetes: Kubernetes,
  machine: MachineRef,
): Promise<string | undefined> {
  const { problem, isToJoin = false } = await etcdView(talosctl, machine);
  if (isToJoin) return `${machine.name}: waits for its config`;
  // A single API server takes the other two down with it, and they come back by themselves.
  const pods = controlPlanes.length === 1 ? (["kube-apiserver"] as const) : staticPods;
  return problem ?? apiProblem(talosctl, kubernetes, machine, pods);
}

/** What is wrong with a control plane's own API server, which an endpoint that moves on hides, or with its static pods. */
async function apiProblem(
  talosctl: Talosctl,
  kubernetes: Kubernetes,
  machine: MachineRef,
  pods: readonly StaticPod[],
): Promise<string | undefined> {
  const api = kubernetes.at(machine.address, apiAnswerMs);
  try {
    await api.version();
  } catch (error) {
    return `${machine.name}: its API server does not answer: ${messageOf(error)}`;
  }
  return oldStaticPod(talosctl, api, machine, pods);
}

/** What keeps a machine's kubelet from its work; undefined when it is healthy. One that cannot start stops no pod, and starts none. */
export async function whatKubeletLacks(
  talosctl: Talosctl,
  { name, address }: MachineRef,
): Promise<string | undefined> {
  const service = await talosctl.run(address, ["service", "kubelet"]);
  const problem = service.code === 0 ? serviceIllness("kubelet", service.stdout) : reasonOf(service);
  return problem && `${name}: ${problem}`;
}
