// What a run leaves behind, in words of its own: everybody who compares with it takes these, and nothing else of the config.
import type { ConfiguredMachine } from "./configuredMachines.ts";
import type { Versions } from "../versions/components.ts";

/** Versions that a run brought the cluster to, with the contract it was born with. Parts may be missing. */
export interface ReachedVersions extends Versions {
  /** e.g. `v1.12` */
  readonly talosContract?: string | undefined;
  /** {@link fingerprint} of the values of Cilium's chart. */
  readonly ciliumValues?: string | undefined;
  /** `kept` when Cilium's chart came from the kept file (src/bootstrap/ciliumChart.ts); undefined: from its repository. */
  readonly ciliumChart?: string | undefined;
  /** {@link EndpointHistory.tokenIssuer}, where the endpoint has ever moved. */
  readonly tokenIssuer?: string | undefined;
}

/** A machine as a run left it. */
export interface ReachedMachine {
  /** e.g. `k8s-1` */
  readonly name: string;
  /** e.g. `192.0.2.11` */
  readonly address: string;
  readonly role: "controlplane" | "worker";
  readonly generation: number;
  /** Whether it was only there to leave. */
  readonly gone: boolean;
}

/** What a run leaves. */
export interface LastRun {
  /** Undefined before the first run has finished. */
  readonly machines?: readonly ReachedMachine[] | undefined;
  /**
   * Machines that the state has a config of now. Others than `machines` when a run after the last finished one failed.
   * Undefined before the first run has finished.
   */
  readonly configured?: readonly ConfiguredMachine[] | undefined;
  /** Empty before the first run has finished. */
  readonly versions: ReachedVersions;
  /** Admin kubeconfig; a secret. Undefined before the first run has finished. */
  readonly kubeconfig?: string | undefined;
  /** `cluster.endpoint`, e.g. `https://192.0.2.10:6443`. Undefined before the first run has finished. */
  readonly endpoint?: string | undefined;
  /** Admin talosconfig; a secret. Undefined before the first run has finished. */
  readonly talosconfig?: string | undefined;
}

/**
 * A machine as the stack's output `machines` has it, e.g. `worker 192.0.2.21, generation 2` or `worker 192.0.2.21, gone`.
 * Undefined where that has another form.
 */
export function reachedMachine(name: string, text: unknown): ReachedMachine | undefined {
  const [, role, address, generation = "1", gone] =
    /^(controlplane|worker) (\d+(?:\.\d+){3})(?:, generation (\d+))?(, gone)?$/.exec(
      typeof text === "string" ? text : "",
    ) ?? [];
  if (role === undefined || address === undefined) return undefined;
  return {
    name,
    address,
    role: role === "controlplane" ? role : "worker",
    generation: Number(generation),
    gone: gone !== undefined,
  };
}

/** Whether a machine is the only control plane that a run has left: the cluster's etcd is on it alone. */
export function isOnlyControlPlane(machines: readonly ReachedMachine[] | undefined, name: string): boolean {
  const controlPlanes = (machines ?? []).filter(({ role, gone }) => role === "controlplane" && !gone);
  return controlPlanes.length === 1 && controlPlanes[0]?.name === name;
}
