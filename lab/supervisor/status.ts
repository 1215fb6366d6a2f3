// What the lab says about itself, for `npm run lab -- status` and for tests.
import { setTimeout as delay } from "node:timers/promises";
import type { HostRuntime } from "../kubernetes/machineRuntime.ts";
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
    /** Schematic of what is installed; empty when nothing is. */
    readonly schematic: string;
    /** What its machine config makes of it; undefined without one. */
    readonly role: "controlplane" | "worker" | undefined;
    /** Its member of etcd answers and knows the leader. */
    readonly etcd: boolean;
    /** Its API server serves. */
    readonly api: boolean;
  }[];
  /** Members of etcd, as the first one that answers counts them; 0 while none does. */
  readonly etcdMembers: number;
  readonly gitUrl: string;
  readonly faults: readonly string[];
}

/** What the whole cluster has to agree on takes seconds when there is no quorum; nobody waits longer for it. */
const etcdAnswerMs = 2_000;

/** Looks. */
export async function statusOf(lab: Lab): Promise<LabStatus> {
  const { layout, services, kubernetes } = lab;
  const etcd = await Promise.all(lab.machines.map(({ runtime }) => memberOf(runtime)));
  return {
    name: layout.name,
    size: layout.size,
    pid: process.pid,
    endpoint: `https://${layout.endpointAddress}:6443`,
    kubernetes: kubernetes.serves,
    machines: lab.machines.map(({ machine, runtime }, index) => ({
      name: machine.name,
      address: machine.address,
      state: machine.state,
      talos: machine.talosVersion,
      bootId: machine.bootId,
      hostname: machine.config?.hostname,
      schematic: machine.record.installed?.schematic ?? "",
      role: machine.config?.type,
      etcd: etcd[index]?.hasLeader ?? false,
      api: runtime.serves,
    })),
    etcdMembers: etcd.find(({ members }) => members > 0)?.members ?? 0,
    gitUrl: services.gitUrl,
    faults: activeFaults(lab),
  };
}

/** What the member of a machine says of itself, and which members it can name in time. None for a machine without one. */
async function memberOf(runtime: HostRuntime): Promise<{ hasLeader: boolean; members: number }> {
  const late = new AbortController();
  const tooLate = delay(etcdAnswerMs, 0, { signal: late.signal }).catch(() => 0);
  const listed = runtime.etcdMembers().then(
    ({ length }) => length,
    () => 0,
  );
  // How it is itself, a member says at once; on a busy computer that is not soon, but it is no less true.
  const hasLeader = await runtime.etcdStatus().then(
    ({ leader, errors }) => leader !== "0" && errors.length === 0,
    () => false,
  );
  const members = await Promise.race([listed, tooLate]);
  late.abort();
  return { hasLeader, members };
}
