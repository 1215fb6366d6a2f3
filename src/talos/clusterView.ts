import type { Step } from "../steps/step.ts";
import type { Talosctl } from "../steps/talosctl.ts";
import type { MachineRef } from "./contracts.ts";

/** What a step asks a machine with. */
export interface Asking {
  readonly step: Step;
  readonly talosctl: Talosctl;
}

/** A cluster as a step sees it: whom it asks, and with what. */
export interface ClusterView extends Asking {
  readonly controlPlanes: readonly MachineRef[];
}
