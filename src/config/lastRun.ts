// What the last finished run left behind: the stack's own outputs, read back. A program does not know what runs in the
// cluster; this is the nearest it gets to it without a cluster that answers. A run that failed leaves the outputs of the
// last one that did not (index.ts exports them only behind the proof).
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Config, Node } from "./config.ts";
import { configuredMachines } from "./configuredMachines.ts";
import { endpointHistory } from "./endpointMove.ts";
import { show } from "./problem.ts";
import { reachedMachine, type LastRun, type ReachedMachine, type ReachedVersions } from "./reached.ts";
import type { StackState } from "./stackState.ts";

/**
 * Reads it from the state. Nothing is read from a cluster.
 * @throws pulumi.RunError when the output `machines` has a form that this version does not know
 */
export function lastRunOf({ outputs, resources }: StackState): LastRun {
  const { kubeconfig, talosconfig, versions, endpoint } = outputs;
  const machines = readMachines(outputs["machines"]);
  return {
    versions: typeof versions === "object" && versions !== null ? versions : {},
    machines,
    configured: machines === undefined ? undefined : configuredMachines(resources),
    kubeconfig: typeof kubeconfig === "string" ? kubeconfig : undefined,
    endpoint: typeof endpoint === "string" && URL.canParse(endpoint) ? endpoint : undefined,
    talosconfig: typeof talosconfig === "string" ? talosconfig : undefined,
  };
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

/**
 * The machines that a run with this config reaches, for its outputs: one short text by name, because people read them after
 * every run, e.g. `{"k8s-1": "controlplane 192.0.2.11", "k8s-2": "worker 192.0.2.21, generation 2"}`.
 */
export function reachedMachines({ nodes, gone }: Config): Readonly<Record<string, string>> {
  const shown = ({ role, address, generation }: Node): string =>
    `${role} ${address}${generation === 1 ? "" : `, generation ${String(generation)}`}`;
  return {
    ...Object.fromEntries(nodes.map((node) => [node.name, shown(node)])),
    ...Object.fromEntries(gone.map((node) => [node.name, `${shown(node)}, gone`])),
  };
}

/**
 * The output `machines`, read back; undefined when there is none.
 * @throws pulumi.RunError when it has another form: a machine that is taken for another one may be wiped
 */
export function readMachines(machines: unknown): readonly ReachedMachine[] | undefined {
  if (machines === undefined || machines === null) return undefined;
  if (typeof machines !== "object" || Array.isArray(machines)) throw unreadable("machines", machines);
  return Object.entries(machines).map(([name, text]) => readMachine(name, text));
}

function readMachine(name: string, text: unknown): ReachedMachine {
  const machine = reachedMachine(name, text);
  if (machine === undefined) throw unreadable(`machines.${name}`, text);
  return machine;
}

function unreadable(path: string, found: unknown): pulumi.RunError {
  return new pulumi.RunError(
    `the stack's output ${path} is ${show(found)}, expected is a text like "controlplane 192.0.2.11, generation 2": this version of the program does not know which machines the cluster has; nothing has been touched\n  → use the version of the program that made the last up; pulumi stack output machines shows what it wrote`,
  );
}
