// The machines of one lab, as they know of each other: for proxied calls, for cluster members, and for the certificates
// that a worker gets from a control plane.
import type { CertificateAndKey } from "./config.ts";
import type { TalosMachine } from "./machine.ts";

/** All machines of one lab. Made once per lab and handed to every machine. */
export class MachineRegistry {
  readonly #machines: TalosMachine[] = [];

  /** Called by every machine for itself. */
  add(machine: TalosMachine): void {
    this.#machines.push(machine);
  }

  /** All machines, in the order in which they were added. */
  all(): readonly TalosMachine[] {
    return this.#machines;
  }

  /** The machine that an address or host name means, e.g. `127.10.1.11` or `k8s-1`. */
  find(target: string): TalosMachine | undefined {
    return (
      this.#machines.find(({ address }) => address === target) ??
      this.#machines.find(({ config }) => config?.hostname === target)
    );
  }

  /** Machines that carry a config of this cluster; what Talos' discovery service would tell. */
  members(clusterId: string): readonly TalosMachine[] {
    return this.#machines.filter(({ config }) => config?.clusterId === clusterId);
  }

  /**
   * The Talos API's CA with its key, from a running control plane of the cluster. Stands for trustd: a worker holds the
   * CA's certificate only, and gets its own certificate signed by a control plane.
   */
  authority(clusterId: string): CertificateAndKey | undefined {
    return this.members(clusterId).find(
      ({ config, isUp }) => isUp && config?.type === "controlplane" && config.machineCA.key !== undefined,
    )?.config?.machineCA;
  }
}
