// Where everything of one lab lies: addresses, ports and files. The only place that knows them.
//
// A lab takes one /24 of the loopback network, chosen by its slot: 127.10.<slot>.0/24. Two labs side by side have two
// slots. Linux answers on every address of 127.0.0.0/8 without setting anything up; macOS needs an alias for each.
import { join, resolve } from "node:path";

/** Sizes that people choose: `lab` = 1 control plane + 1 worker, `lab-ha` = 3 + 2, `lab-wide` = 3 + 47. */
export type LabSize = "lab" | "lab-ha" | "lab-wide";

/** What a lab is made of. The sizes are three shapes; a rehearsal brings its own. */
export interface LabShape {
  /** Machines in order; their addresses follow from role and place. */
  readonly machines: readonly Pick<LabMachine, "name" | "role">[];
  /** Whether it may begin at older versions, which are programs of their own. */
  readonly older: boolean;
  /** Absolute path of the folder that its Git host gets. Default: the project's `cluster/`. */
  readonly tree?: string;
  /** What its Internet has besides settings.ts. Default: nothing. */
  readonly published?: Partial<LabPublished>;
}

/** What only some labs' Internet has. */
export interface LabPublished {
  /** Talos versions that the Image Factory has, e.g. `["v1.12.3"]`. */
  readonly talos: readonly string[];
  /** Versions of Cilium's chart, e.g. `["1.19.3"]`. */
  readonly cilium: readonly string[];
  /** Schematics that somebody made at the Image Factory: their ids, 64 hex digits each. */
  readonly schematics: readonly string[];
}

/** One machine of the lab: a name for people, an address, and the role that the lab's stack gives it. */
export interface LabMachine {
  /** Name in the lab and in the stack config, e.g. `k8s-1`. */
  readonly name: string;
  /** IPv4 loopback address, e.g. `127.10.1.11`. apid listens there on port 50000. */
  readonly address: string;
  /** Address that it has when it gets another lease, e.g. `127.10.1.254`. None for the last ones of a very wide lab. */
  readonly otherAddress?: string;
  /**
   * Role in the generated stack config; a spare is not in it. The machine itself does not know it before it gets its
   * machine config.
   */
  readonly role: "controlplane" | "worker" | "spare";
}

/** The shape of every size. Spares are machines that are switched on and in no stack config yet. */
export const sizes: Readonly<Record<LabSize, LabShape>> = {
  lab: { machines: machinesOf(1, 1, 0), older: false },
  "lab-ha": { machines: machinesOf(3, 2, 1), older: true },
  "lab-wide": { machines: machinesOf(3, 47, 0), older: true },
};

function machinesOf(controlPlanes: number, workers: number, spares: number): LabShape["machines"] {
  const named = (
    count: number,
    name: string,
    first: number,
    role: LabMachine["role"],
  ): LabShape["machines"] =>
    Array.from({ length: count }, (_, index) => ({ name: `${name}-${String(first + index)}`, role }));
  return [
    ...named(controlPlanes, "k8s", 1, "controlplane"),
    ...named(workers, "k8s", controlPlanes + 1, "worker"),
    ...named(spares, "spare", 1, "spare"),
  ];
}

/** Last octets of the machines' addresses, first and last one, by role. */
const hosts: Readonly<Record<LabMachine["role"], readonly [first: number, last: number]>> = {
  controlplane: [11, 20],
  worker: [21, 100],
  spare: [101, 200],
};

/** Last octets of other leases: the last one for the first machine, and downwards. */
const otherLeases = { first: 201, last: 254 } as const;

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
  /** `own`: of a shape that is none of the sizes. Its stack config is not the lab's to write. */
  readonly size: LabSize | "own";
  /** Whether it may begin at older versions. */
  readonly older: boolean;
  readonly published: LabPublished;
  /** Absolute path of the folder that the Git host gets. */
  readonly tree: string;
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
 * @throws Error for more machines of a role than there are addresses
 */
export function layoutOf(project: string, name: string, size: LabSize | LabShape, slot: number): LabLayout {
  const root = join(resolve(project), ".lab", name);
  const net = `127.10.${slot}`;
  const shape = typeof size === "string" ? sizes[size] : size;
  return {
    name,
    size: typeof size === "string" ? size : "own",
    older: shape.older,
    published: { talos: [], cilium: [], schematics: [], ...shape.published },
    tree: shape.tree ?? join(resolve(project), "cluster"),
    slot,
    cidr: `${net}.0/24`,
    servicesAddress: `${net}.2`,
    podsAddress: `${net}.3`,
    endpointAddress: `${net}.10`,
    machines: addressed(shape.machines, net),
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

function addressed(machines: LabShape["machines"], net: string): readonly LabMachine[] {
  const next = { controlplane: 0, worker: 0, spare: 0 };
  return machines.map(({ name, role }, index) => {
    const [first, last] = hosts[role];
    const host = first + next[role]++;
    if (host > last)
      throw new Error(`a lab has at most ${String(last - first + 1)} machines of the role ${role}`);
    const other = otherLeases.last - index;
    return {
      name,
      address: `${net}.${String(host)}`,
      ...(other < otherLeases.first ? {} : { otherAddress: `${net}.${String(other)}` }),
      role,
    };
  });
}
