// What a bump did to the machines: what they were before and after it, and what the program did at them. Pure.
import type { Change } from "./events.ts";
import type { MachineReport } from "./report.ts";
import { moveText } from "./versions.ts";

/** A machine at one moment. */
export interface MachineFacts {
  /** e.g. `v1.12.0` */
  readonly talos: string;
  /** Changes with every boot. */
  readonly bootId: string;
  /** What it is doing, e.g. `running` or `maintenance`. */
  readonly state: string;
  /** Version of its kubelet; undefined while it is no node of the cluster. */
  readonly kubelet: string | undefined;
}

/** Before and after. */
export interface MachineChange {
  readonly name: string;
  readonly before: MachineFacts | undefined;
  readonly after: MachineFacts | undefined;
  /** What the program did at it. */
  readonly changes: readonly Change[];
  /** Whether it got another schematic. */
  readonly newSchematic: boolean;
}

/** Describes one machine. */
export function reportMachine({ name, before, after, changes, newSchematic }: MachineChange): MachineReport {
  const seconds = changes.reduce((sum, change) => sum + change.seconds, 0);
  return { name, seconds, did: before && after ? describe(before, after, changes, newSchematic) : [] };
}

function describe(
  before: MachineFacts,
  after: MachineFacts,
  changes: readonly Change[],
  newSchematic: boolean,
): readonly string[] {
  if (before.kubelet === undefined && after.kubelet === undefined)
    return before.state === after.state ? [] : [`went from ${before.state} to ${after.state}`];
  if (before.kubelet === undefined)
    return [`joined the cluster with Talos ${after.talos} and Kubernetes ${after.kubelet ?? ""}`];
  if (after.kubelet === undefined) return [`left the cluster, and is now ${stateText(after.state)}`];
  const config = changes.find((change) => change.name.endsWith("-config"));
  return [
    ...(before.talos === after.talos ? [] : [`Talos ${moveText({ from: before.talos, to: after.talos })}`]),
    ...(newSchematic ? ["other system extensions (schematic)"] : []),
    ...(before.kubelet === after.kubelet
      ? []
      : [`Kubernetes ${moveText({ from: before.kubelet, to: after.kubelet })}`]),
    ...(config === undefined ? [] : ["new machine config"]),
    ...(before.bootId === after.bootId ? [] : ["rebooted"]),
  ];
}

function stateText(state: string): string {
  return state === "maintenance" ? "wiped, in maintenance mode" : state;
}
