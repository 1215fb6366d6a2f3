// What the lab says about itself, for `npm run lab -- status` and for tests.
import type { MachineState } from "../talos/options.ts";
import { activeFaults } from "./faults.ts";
import type { Lab } from "./lab.ts";

/** State of a lab at one moment. */
export interface LabStatus {
  readonly name: string;
  readonly size: string;
  readonly pid: number;
  readonly endpoint: string;
  /** An API server answers at the endpoint. */
  readonly kubernetes: boolean;
  readonly machines: readonly {
    readonly name: string;
    readonly address: string;
    readonly state: MachineState;
    readonly talos: string;
    /** Changes with every boot. */
    readonly bootId: string;
    /** Host name from the machine config; undefined without one. */
    readonly hostname: string | undefined;
  }[];
  readonly gitUrl: string;
  readonly faults: readonly string[];
}

/** Looks. */
export function statusOf(lab: Lab): LabStatus {
  const { layout, services, kubernetes } = lab;
  return {
    name: layout.name,
    size: layout.size,
    pid: process.pid,
    endpoint: `https://${layout.endpointAddress}:6443`,
    kubernetes: kubernetes.serves,
    machines: lab.machines.map(({ machine }) => ({
      name: machine.name,
      address: machine.address,
      state: machine.state,
      talos: machine.talosVersion,
      bootId: machine.bootId,
      hostname: machine.config?.hostname,
    })),
    gitUrl: services.gitUrl,
    faults: activeFaults(lab),
  };
}
