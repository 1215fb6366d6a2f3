// The plan, as `npm run plan -- --json` prints it. A stable format: fields may be added, those that are here keep their
// meaning while `format` is 1.

/**
 * What a change does to what runs, from harmless to grave:
 * `none` nothing that runs is touched · `live` taken while everything goes on · `restart` pods or services start again,
 * machines stay up · `reboot` a machine reboots with its pods on it · `drain and reboot` its pods go elsewhere first ·
 * `replace` deleted and made anew · `wipe` a machine is erased, or data are lost in another way.
 */
export type Impact = "none" | "live" | "restart" | "reboot" | "drain and reboot" | "replace" | "wipe";

/** A value that changes. Texts are as short as the table needs them; secrets are `[secret]`. */
export interface PlanChange {
  /** Which value, e.g. `machine.sysctls.vm.max_map_count`; undefined where the row has only one, e.g. a version. */
  readonly name?: string;
  /** Undefined for what is new. */
  readonly from?: string;
  /** Undefined for what goes. */
  readonly to?: string;
}

/** One line of the table. Rows are in the order in which `up` does them. */
export interface PlanRow {
  /** Machines by name, or one component: `cluster`, `Kubernetes`, `Cilium`, `Flux`, `GitHub`. Never empty. */
  readonly on: readonly string[];
  /** What changes there, e.g. `Talos`, `machine config`. */
  readonly what: string;
  readonly changes: readonly PlanChange[];
  readonly impact: Impact;
  /** Whether something is lost that nobody brings back: a machine's disk, keys, what is stateful. */
  readonly destructive: boolean;
  /** Why it has this impact, one sentence. */
  readonly because: string;
  /** Estimate for this row alone. */
  readonly seconds: number;
}

/** One operation of the preview that changes something, small ones included. */
export interface PlanStep {
  /** Of the engine: `create`, `update`, `delete`, or `replace` for all operations of a replacement. */
  readonly operation: string;
  /** Logical name of the resource, e.g. `talos-k8s-1-os`. */
  readonly name: string;
  /** Its type, e.g. `command:local:Command`. */
  readonly type: string;
  /** Changed inputs with their values, secrets masked; empty for what is created or deleted. */
  readonly inputs: readonly PlanChange[];
  /** Index in `rows` of the row that it belongs to; undefined where it belongs to none. */
  readonly row?: number;
}

/** A text diff, for one or several things that change in the same way. */
export interface PlanDiff {
  /** Machines by name, or an object, e.g. `Deployment flux-system/source-controller`. */
  readonly of: readonly string[];
  /** Lines of YAML that begin with ` `, `-` or `+`, reduced to what differs; `@@` between parts; secrets are `[secret]`. */
  readonly diff: string;
}

/** How Flux's install bundle differs between two versions. */
export interface FluxBundleDiff {
  readonly from: string;
  readonly to: string;
  /** Objects as `<kind> <namespace>/<name>`. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly PlanDiff[];
  /** Why the bundles could not be compared; then the lists are empty. */
  readonly problem?: string;
}

/** All of it. */
export interface Plan {
  readonly format: 1;
  /** Name of the stack, e.g. `home`. */
  readonly stack: string;
  /** The same that the exit code says: 0 `nothing`, 1 `changes`, 3 `destructive`. */
  readonly outcome: "nothing" | "changes" | "destructive";
  readonly rows: readonly PlanRow[];
  /** Estimate for all rows together; what happens at the same time counts once. */
  readonly seconds: number;
  /**
   * Differences of the machine configs, secrets masked; where what a machine has is not known, of what the stack adds to
   * Talos' generated config alone.
   */
  readonly machineConfigs: readonly PlanDiff[];
  /** Difference of Cilium's chart values; undefined when they stay. */
  readonly ciliumValues?: string;
  /** Undefined when Flux's version stays. */
  readonly fluxBundle?: FluxBundleDiff;
  /** What the preview or this plan warns of. */
  readonly warnings: readonly string[];
  readonly steps: readonly PlanStep[];
}
