// What the last finished run left behind: the stack's own outputs, read back. A program does not know what runs in the
// cluster; this is the nearest it gets to it without a cluster that answers. A run that failed leaves the outputs of the
// last one that did not (index.ts exports them only behind the proof).
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Config, Node } from "./config.ts";
import { configuredMachines } from "./configuredMachines.ts";
import { endpointHistory } from "./endpointMove.ts";
import { readReached, type LastRun, type MachineOutput, type ReachedVersions } from "./reached.ts";
import type { StackState } from "./stackState.ts";
import { messageOf } from "../steps/stepError.ts";

/**
 * Reads it from the state. Nothing is read from a cluster.
 * @throws pulumi.RunError when the outputs have a form that this version does not know
 */
export function lastRunOf({ outputs, resources }: StackState): LastRun {
  const text = (name: string): string | undefined =>
    typeof outputs[name] === "string" ? outputs[name] : undefined;
  const endpoint = text("endpoint");
  try {
    const reached = readReached(outputs);
    return {
      ...reached,
      configured: reached.machines && configuredMachines(resources),
      kubeconfig: text("kubeconfig"),
      endpoint: endpoint !== undefined && URL.canParse(endpoint) ? endpoint : undefined,
      talosconfig: text("talosconfig"),
    };
  } catch (error) {
    throw new pulumi.RunError(messageOf(error));
  }
}

/** What a run with this config reaches, for its outputs. @param chartIsKept whether Cilium's chart came from the kept file */
export function reachedVersions(
  { versions, tree, cluster, lastRun }: Config,
  chartIsKept: boolean,
): ReachedVersions {
  const { tokenIssuer } = endpointHistory(lastRun, cluster.endpoint);
  return {
    ...versions,
    flux: tree.fluxVersion,
    talosContract: cluster.talosContract,
    ciliumValues: fingerprint(tree.ciliumValues),
    ...(chartIsKept ? { ciliumChart: "kept" } : {}),
    ...(tokenIssuer === undefined ? {} : { tokenIssuer }),
  };
}

/** Whether this is another Cilium than the last finished run left, as far as it says. False on a cluster that has none yet. */
export function isCiliumChange({ lastRun, versions, tree }: Config): boolean {
  const { cilium, ciliumValues } = lastRun.versions;
  if (cilium === undefined) return false;
  if (cilium !== versions.cilium) return true;
  return ciliumValues !== undefined && ciliumValues !== fingerprint(tree.ciliumValues);
}

/** Short, and another one for other values. */
export function fingerprint(values: Readonly<Record<string, unknown>>): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 12);
}

/** The machines that a run with this config reaches, for its outputs, by name. */
export function reachedMachines({ nodes, gone }: Config): Readonly<Record<string, MachineOutput>> {
  const outputs = (
    machines: readonly Node[],
    isGone: boolean,
  ): readonly (readonly [string, MachineOutput])[] =>
    machines.map(({ name, role, address, generation }) => [
      name,
      { role, address, generation, gone: isGone },
    ]);
  return Object.fromEntries([...outputs(nodes, false), ...outputs(gone, true)]);
}
