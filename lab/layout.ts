// Where everything of one lab lies: addresses, ports and files. The only place that knows them.
//
// A lab takes one /24 of the loopback network, chosen by its slot: 127.10.<slot>.0/24. Two labs side by side have two
// slots. Linux answers on every address of 127.0.0.0/8 without setting anything up; macOS needs an alias for each.
import { join, resolve } from "node:path";

/** What a lab is made of: `lab` = 1 control plane + 1 worker, `lab-ha` = 3 + 2, `lab-wide` = 3 + 47. */
export type LabSize = "lab" | "lab-ha" | "lab-wide";

/** Machines per role for every size, and machines that are switched on and in no stack config yet. */
export const machinesBySize: Readonly<
  Record<LabSize, { controlPlanes: number; workers: number; spares: number }>
> = {
  lab: { controlPlanes: 1, workers: 1, spares: 0 },
  "lab-ha": { controlPlanes: 3, workers: 2, spares: 1 },
  "lab-wide": { controlPlanes: 3, workers: 47, spares: 0 },
};

/** One machine of the lab: a name for people, an address, and the role that the lab's stack gives it. */
export interface LabMachine {
  /** Name in the lab and in the stack config, e.g. `k8s-1`. */
  readonly name: string;
  /** IPv4 loopback address, e.g. `127.10.1.11`. apid listens there on port 50000. */
  readonly address: string;
  /**
   * Role in the generated stack config; a spare is not in it. The machine itself does not know it before it gets its
   * machine config.
   */
  readonly role: "controlplane" | "worker" | "spare";
}

/** Fixed TCP ports; every lab has addresses of its own, so the ports never differ. */
export const ports = {
  /** Talos API of every machine. Source: siderolabs/talos v1.12 pkg/machinery/constants (ApidPort). */
  apid: 50000,
  kubeApiserver: 6443,
  etcdClient: 2379,
  etcdPeer: 2380,
  kubelet: 10250,
  controllerManager: 10257,
  scheduler: 10259,
  /** Git over SSH, on the services address. Not 22: that needs root. */
  git: 2222,
  /** GitHub's REST API (plain HTTP), on the services address. */
  github: 3080,
  /** OCI registry (plain HTTP), on the services address. */
  registry: 5000,
  /** Forward proxy that stands for the Internet, on the services address. */
  proxy: 3128,
  /** The supervisor's own API, on the services address. Holding it is holding the slot. */
  control: 4000,
  kwok: 10247,
  /** source-controller's artifact server, on the pods address. */
  fluxStorage: 9790,
  /** notification-controller's event and receiver servers, on the pods address. */
  fluxEvents: 9791,
  fluxReceiver: 9792,
} as const;

/** Everything of one lab that has a place. */
export interface LabLayout {
  readonly name: string;
  readonly size: LabSize;
  /** Third octet of all addresses, 1 to 200. */
  readonly slot: number;
  /** Network of the machines in CIDR form, e.g. `127.10.1.0/24`. */
  readonly cidr: string;
  /** Git host, GitHub, registry, proxy, control API: `127.10.<slot>.2`. */
  readonly servicesAddress: string;
  /** The Flux controllers' processes: `127.10.<slot>.3`. */
  readonly podsAddress: string;
  /** The cluster endpoint, which forwards to a living control plane as a Talos VIP does: `127.10.<slot>.10`. */
  readonly endpointAddress: string;
  readonly machines: readonly LabMachine[];
  /** Absolute path of the project (the clone). */
  readonly project: string;
  /** Absolute path of the lab's folder, `<project>/.lab/<name>`. Everything below is inside it. */
  readonly root: string;
  readonly logs: string;
  readonly bin: string;
  readonly state: string;
  readonly pulumiHome: string;
  readonly machinesRoot: string;
  readonly repo: string;
  readonly gitRoot: string;
  readonly registryRoot: string;
  readonly proxyRoot: string;
  readonly secrets: string;
}

/**
 * Computes the layout of a lab. Pure: touches nothing.
 * @param slot third octet of the addresses; kept in `.lab/<name>/lab.json` once chosen
 */
export function layoutOf(project: string, name: string, size: LabSize, slot: number): LabLayout {
  const root = join(resolve(project), ".lab", name);
  const net = `127.10.${slot}`;
  const { controlPlanes, workers, spares } = machinesBySize[size];
  const machines: LabMachine[] = [];
  for (let i = 1; i <= controlPlanes; i++)
    machines.push({ name: `k8s-${i}`, address: `${net}.${10 + i}`, role: "controlplane" });
  for (let i = 1; i <= workers; i++)
    machines.push({ name: `k8s-${controlPlanes + i}`, address: `${net}.${20 + i}`, role: "worker" });
  for (let i = 1; i <= spares; i++)
    machines.push({ name: `spare-${i}`, address: `${net}.${100 + i}`, role: "spare" });
  return {
    name,
    size,
    slot,
    cidr: `${net}.0/24`,
    servicesAddress: `${net}.2`,
    podsAddress: `${net}.3`,
    endpointAddress: `${net}.10`,
    machines,
    project: resolve(project),
    root,
    logs: join(root, "logs"),
    bin: join(root, "bin"),
    state: join(root, "state"),
    pulumiHome: join(root, "pulumi-home"),
    machinesRoot: join(root, "machines"),
    repo: join(root, "repo"),
    gitRoot: join(root, "git"),
    registryRoot: join(root, "registry"),
    proxyRoot: join(root, "proxy"),
    secrets: join(root, "secrets"),
  };
}
