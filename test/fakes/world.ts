// A small world for what takes machines out of a cluster: hardware at addresses, an etcd, nodes. Everything that is done to
// it is written down in order.
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";
import type { RunResult } from "../../src/steps/run.ts";
import type { Talosctl } from "../../src/steps/talosctl.ts";
import type { MachineRef } from "../../src/talos/contracts.ts";
import { quietStep } from "./clients.ts";

/** Hardware at an address. */
export interface Hardware {
  /** Its host name; undefined in maintenance mode. */
  name?: string | undefined;
  /** Whether it answers. Default true. */
  isOn?: boolean;
  /** Generation in its config. Default: none. */
  generation?: number;
  /** What it shows instead of its config. */
  shows?: string;
  /** Commands that it refuses, by how they begin. */
  refuses?: string;
}

const refused: RunResult = {
  code: 1,
  stdout: "",
  stderr: "rpc error: code = Unavailable desc = connection refused",
};
const untrusted: RunResult = {
  code: 1,
  stdout: "",
  stderr: "rpc error: code = Unavailable desc = x509: certificate signed by unknown authority",
};
const ok = (stdout = ""): RunResult => ({ code: 0, stdout, stderr: "" });
const version = ok("Client:\n\tTag:         v1.12.0\nServer:\n\tTag:         v1.12.0\n");

/** Everything at once. */
export class World {
  readonly hardware = new Map<string, Hardware>();
  readonly nodes = new Map<string, KubeObject>();
  readonly etcd = new Set<string>();
  /** e.g. `evict web`, `k8s-3 leaves etcd`, `wipe 192.0.2.13`, `delete node k8s-3`. */
  readonly done: string[] = [];
  /** Called before each look at a node. */
  beforeRead: () => void = () => undefined;
  /** Called before each of those, to make it fail. */
  before: (what: string) => void = () => undefined;
  readonly #step = quietStep();

  /** Three control planes and a worker. */
  constructor() {
    for (const [name, address] of Object.entries(this.addresses)) {
      this.hardware.set(address, { name });
      if (name !== "k8s-4") this.etcd.add(name);
      this.register(name, address);
    }
  }

  readonly addresses: Readonly<Record<string, string>> = {
    "k8s-1": "192.0.2.11",
    "k8s-2": "192.0.2.12",
    "k8s-3": "192.0.2.13",
    "k8s-4": "192.0.2.21",
  };

  /** A node as its kubelet registers it. */
  register(name: string, address: string, annotations: Record<string, string> = {}): void {
    this.nodes.set(name, {
      metadata: { name, annotations },
      spec: {},
      status: { addresses: [{ type: "InternalIP", address }] },
    });
  }

  get controlPlanes(): readonly MachineRef[] {
    return ["k8s-1", "k8s-2", "k8s-3"].map((name) => this.machine(name));
  }

  machine(name: string, address = this.addresses[name] ?? ""): MachineRef {
    return { name, address };
  }

  get step(): ReturnType<typeof quietStep>["step"] {
    return this.#step.step;
  }

  get lines(): readonly string[] {
    return this.#step.lines;
  }

  get talosctl(): Talosctl {
    return {
      run: (address: string, args: readonly string[]) =>
        Promise.resolve(this.#trusted(address, args.join(" "))),
      runInsecure: (address: string) => {
        const found = this.hardware.get(address);
        if (found === undefined || found.isOn === false) return Promise.resolve(refused);
        return Promise.resolve(found.name === undefined ? version : untrusted);
      },
    } as unknown as Talosctl;
  }

  get kubernetes(): Kubernetes {
    return {
      list: () => Promise.resolve([]),
      read: (_version: string, _kind: string, name: string) => {
        this.beforeRead();
        return Promise.resolve(this.nodes.get(name));
      },
      change: ({ metadata }: KubeObject) => {
        this.#do(`cordon ${metadata?.name ?? ""}`);
        return Promise.resolve();
      },
      remove: (_version: string, _kind: string, name: string) => {
        if (this.nodes.has(name)) this.#do(`delete node ${name}`);
        this.nodes.delete(name);
        return Promise.resolve();
      },
    } as unknown as Kubernetes;
  }

  #do(what: string): void {
    this.before(what);
    this.done.push(what);
  }

  #trusted(address: string, command: string): RunResult {
    const found = this.hardware.get(address);
    if (found === undefined || found.isOn === false) return refused;
    const { name, generation, shows, refuses } = found;
    if (name === undefined) return untrusted;
    if (refuses !== undefined && command.startsWith(refuses)) return refused;
    const isIn = this.etcd.has(name);
    switch (true) {
      case command === "version":
        return version;
      case command.startsWith("get hostname"):
        return ok(`node: ${address}\nspec:\n    hostname: ${name}\n    domainname: ""\n`);
      case command.startsWith("get machineconfig"):
        return ok(shows ?? configText(generation));
      case command === "service etcd":
        return isIn ? ok("ID       etcd\nSTATE    Running\nHEALTH   OK\n") : refused;
      case command === "etcd members":
        return isIn ? ok(this.#membersTable()) : refused;
      case command === "etcd status" || command === "etcd alarm list":
        return isIn ? ok("NODE   MEMBER\n") : refused;
      case command === "etcd leave":
        this.#do(`${name} leaves etcd`);
        this.etcd.delete(name);
        return ok();
      case command.startsWith("etcd remove-member"): {
        const gone = command.split(" ").at(-1)?.replace("id-", "") ?? "";
        this.#do(`etcd removes ${gone}`);
        this.etcd.delete(gone);
        return ok();
      }
      case command.startsWith("reset"):
        this.#do(`wipe ${address}`);
        this.hardware.set(address, {});
        return ok();
      // Where etcd keeps its data.
      case command.startsWith("list "):
        return isIn ? ok() : refused;
      default:
        throw new Error(`not expected: ${command}`);
    }
  }

  #membersTable(): string {
    const rows = [...this.etcd].map(
      (name) => `x   id-${name}   ${name}   https://p:2380   https://c:2379   false`,
    );
    return ["NODE   ID   HOSTNAME   PEER URLS   CLIENT URLS   LEARNER", ...rows].join("\n");
  }
}

/** As the real talosctl writes it: the config is a text inside the resource. */
function configText(generation: number | undefined): string {
  const annotation =
    generation === undefined
      ? ""
      : `    nodeAnnotations:\n        home-ops.dev/generation: "${String(generation)}"\n`;
  const config = `version: v1alpha1\nmachine:\n    token: hidden\n${annotation}---\nkind: HostnameConfig\n`;
  return `node: x\nmetadata:\n    id: v1alpha1\nspec: ${JSON.stringify(config)}\n`;
}
