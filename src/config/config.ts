// What the program works with: valid, plain, read-only values. Made in one place (load.ts) from the stack config and the
// files it names; everything that can be derived is derived there and cannot be set.
import type * as pulumi from "@pulumi/pulumi";
import type { Tree } from "../../tree/index.ts";
import type { Environment } from "./environment.ts";
import type { LastRun } from "./reached.ts";
import type { StackInput } from "./schema.ts";

/** Read-only all the way down. */
export type DeepReadonly<T> = T extends (infer Element)[]
  ? readonly DeepReadonly<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** One machine, as the stack config has it (schema.ts) and with what follows. */
export type Node = DeepReadonly<Omit<StackInput["nodes"][number], "gone">> & {
  /** The stack's schematic id, or the node's own. */
  readonly schematicId: string;
  /** What is installed, e.g. `factory.talos.dev/metal-installer/<schematic id>:v1.13.9`. */
  readonly installerImage: string;
};

/** Keys of the stack config that stay as they are. */
type KeptKeys =
  "cluster" | "network" | "versions" | "patches" | "github" | "upgrades" | "suspend" | "protect";

/** Config that comes from the stack's own keys alone, without any file. */
export interface StackConfig extends DeepReadonly<Pick<StackInput, KeptKeys>> {
  /** All machines that there are, in the order of the stack config. */
  readonly nodes: readonly Node[];
  /** Machines whose hardware is dead: they only leave. In none of the other lists. */
  readonly gone: readonly Node[];
  /** The control planes among them; the first one is where etcd is bootstrapped. */
  readonly controlPlanes: readonly [Node, ...Node[]];
  readonly workers: readonly Node[];
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
export interface Config extends StackConfig, Pick<Environment, "bundleFolder" | "maskKey"> {
  readonly git: GitConfig;
  /** The Git tree as it lies on this computer. */
  readonly tree: Tree;
  readonly ageKey: AgeKey;
  /** Absolute path of existing Talos secrets to import; undefined for new ones. */
  readonly secretsFile?: string | undefined;
  /** What the last finished run reached. */
  readonly lastRun: LastRun;
  /** What is allowed but not tested or not wise; already logged. */
  readonly warnings: readonly string[];
}
