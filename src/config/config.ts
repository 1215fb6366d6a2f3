// What the program works with: valid, plain, read-only values. Made in one place (load.ts) from the stack config and the
// files it names; everything that can be derived is derived there and cannot be set.
import type * as pulumi from "@pulumi/pulumi";
import type { Tree } from "../../tree/index.ts";
import type { LastRun } from "./reached.ts";
import type { StackInput } from "./schema.ts";

/** Read-only all the way down. */
export type DeepReadonly<T> = T extends (infer Element)[]
  ? readonly DeepReadonly<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** One machine. */
export interface Node {
  /** Host name and name in the cluster, e.g. `k8s-1`. */
  readonly name: string;
  /** IPv4 address, e.g. `192.0.2.11`. */
  readonly address: string;
  readonly role: "controlplane" | "worker";
  /** Disk to install on, e.g. `/dev/nvme0n1`. */
  readonly disk: string;
  /** The stack's schematic id, or the node's own. */
  readonly schematicId: string;
  /** What is installed, e.g. `factory.talos.dev/metal-installer/<schematic id>:v1.13.9`. Derived. */
  readonly installerImage: string;
  /** The node's own machine config patches. */
  readonly patches: readonly Readonly<Record<string, unknown>>[];
  /** How often the machine has been made anew, counted from 1. */
  readonly generation: number;
}

/** Config that comes from the stack's own keys alone, without any file. */
export interface StackConfig {
  readonly cluster: DeepReadonly<StackInput["cluster"]>;
  readonly network: DeepReadonly<StackInput["network"]>;
  readonly versions: DeepReadonly<StackInput["versions"]>;
  /** All machines that there are, in the order of the stack config. */
  readonly nodes: readonly Node[];
  /** Machines whose hardware is dead: they only leave. In none of the other lists. */
  readonly gone: readonly Node[];
  /** The control planes among them; the first one is where etcd is bootstrapped. */
  readonly controlPlanes: readonly [Node, ...Node[]];
  readonly workers: readonly Node[];
  readonly patches: DeepReadonly<StackInput["patches"]>;
  readonly github: DeepReadonly<StackInput["github"]>;
  readonly upgrades: DeepReadonly<StackInput["upgrades"]>;
  /** Whether Flux is suspended for maintenance. */
  readonly suspend: boolean;
  /** Whether `destroy` is to delete nothing. */
  readonly protect: boolean;
}

/** Where Flux reads the tree. */
export interface GitConfig {
  /** `ssh://user@host[:port]/path`, from the stack config or from the tree. */
  readonly url: string;
  /** Branch that the tree's GitRepository names, e.g. `main`. */
  readonly branch: string;
  readonly host: string;
  /** TCP port of the host, 22 by default. */
  readonly port: number;
  /** Lines of a known_hosts file; at least one of them is for the host. */
  readonly knownHosts: readonly string[];
}

/** The key that decrypts the tree's secrets. */
export interface AgeKey {
  /** Absolute path of its file. */
  readonly file: string;
  /** `AGE-SECRET-KEY-1…`, one a line where the file holds several; a secret. */
  readonly identity: pulumi.Output<string>;
  /** `age1…` of everybody who can read the tree's secrets; backups are encrypted to them too. */
  readonly recipients: readonly string[];
}

/** Everything the program is told. */
export interface Config extends StackConfig {
  readonly git: GitConfig;
  /** The Git tree as it lies on this computer. */
  readonly tree: Tree;
  readonly ageKey: AgeKey;
  /** Absolute path of existing Talos secrets to import; undefined for new ones. */
  readonly secretsFile?: string | undefined;
  /** What the last finished run reached. */
  readonly lastRun: LastRun;
  /** Where `npm run plan` wants Flux's install bundles and the machines' configs; undefined in every other run. */
  readonly bundleFolder?: string | undefined;
  /** Key of the marks that stand for secrets in those configs; a secret, undefined in every other run. */
  readonly maskKey?: string | undefined;
  /** What is allowed but not tested or not wise; already logged. */
  readonly warnings: readonly string[];
}
