// Whether a machine carries its part with the config that it was sent last.
import type { Kubernetes } from "../../steps/kubernetes.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { notYet, type Observation } from "../../steps/wait.ts";
import type { Machine } from "../machine/inspect.ts";
import { etcdView, serviceIllness } from "../etcd/etcdView.ts";
import { apiOf, deadApi } from "../kubernetes/gate.ts";
import { oldStaticPod, staticPods } from "../kubernetes/staticPods.ts";

/** Whom to ask. */
export interface ClusterView {
  readonly talosctl: Talosctl;
  readonly kubernetes: Kubernetes;
  readonly controlPlanes: readonly Machine[];
}

/**
 * What a control plane lacks: its etcd, its API server, or static pods that run its config; undefined when it is whole. Each
 * is asked of the machine itself, since the cluster's endpoint may be another's.
 * @throws Error when Talos or the API does not answer
 */
export async function whatIsNotWhole(
  { talosctl, kubernetes, controlPlanes }: ClusterView,
  machine: Machine,
): Promise<Observation<never> | undefined> {
  const { problem, isToJoin = false } = await etcdView(talosctl, machine);
  if (isToJoin) return notYet(`${machine.name}: waits for its config`);
  const found =
    problem ??
    (await deadApi(kubernetes, [machine])) ??
    // A single API server takes the other two down with it, and they come back by themselves.
    (await oldStaticPod(
      talosctl,
      apiOf(kubernetes, machine),
      machine,
      controlPlanes.length === 1 ? ["kube-apiserver"] : staticPods,
    ));
  return found === undefined ? undefined : notYet(found);
}

/** What keeps a machine's kubelet from its work; undefined when it is healthy. One that cannot start stops no pod, and starts none. */
export async function whatKubeletLacks(
  talosctl: Talosctl,
  { name, address }: Machine,
): Promise<Observation<never> | undefined> {
  const service = await talosctl.run(address, ["service", "kubelet"]);
  const problem = service.code === 0 ? serviceIllness("kubelet", service.stdout) : reasonOf(service);
  return problem === undefined ? undefined : notYet(`${name}: ${problem}`);
}
