// From a preview to a plan. Pure: nothing is asked, run or read here.
import { Masker } from "../../src/steps/mask.ts";
import { ciliumValuesDiff, machineConfigDiffs } from "./diffs.ts";
import type { Size } from "./estimates.ts";
import { compareBundles, type Bundle } from "./fluxBundle.ts";
import { outagesOf } from "./outages.ts";
import { messagesOf, nameOf, stackOf, type PreviewDigest } from "./preview.ts";
import { planChange, tableOf } from "./rows.ts";
import type { FluxBundleDiff, Plan, PlanStep } from "./types.ts";
import { unitsOf, type Unit } from "./units.ts";

/** Flux's bundles by version, as far as they could be had, or why not. */
export interface Bundles {
  readonly texts: ReadonlyMap<string, string>;
  readonly problem?: string | undefined;
}

/** Makes the plan of a preview that was run with `--show-sames`: unchanged resources tell how large the cluster is. */
export function makePlan(digest: PreviewDigest, bundles: Bundles, masker: Masker = new Masker()): Plan {
  const units = unitsOf(digest, masker);
  const { roles, size } = machinesOf(digest);
  const table = tableOf(units, size);
  const ciliumValues = ciliumValuesDiff(units, masker);
  const fluxBundle = fluxBundleOf(units, bundles);
  const warnings = [
    ...units.flatMap(({ rule }) => rule.row?.warning ?? []),
    ...outagesOf(units, roles, size),
  ];
  const isDestructive = table.rows.some(({ destructive }) => destructive);
  return {
    format: 1,
    stack: stackOf(digest.steps?.[0]?.urn ?? ""),
    outcome: isDestructive ? "destructive" : units.length > 0 ? "changes" : "nothing",
    rows: table.rows,
    seconds: table.seconds,
    machineConfigs: machineConfigDiffs(units, masker),
    ...(ciliumValues === undefined ? {} : { ciliumValues }),
    ...(fluxBundle === undefined ? {} : { fluxBundle }),
    warnings: [...new Set([...warnings, ...messagesOf(digest, "warning")])],
    steps: units.map((unit) => stepOf(unit, table.rowOf.get(unit))),
  };
}

function stepOf({ action, name, type, changes }: Unit, row: number | undefined): PlanStep {
  return {
    operation: action,
    name,
    type,
    inputs: ["update", "replace"].includes(action) ? changes.map((change) => planChange(change)) : [],
    ...(row === undefined ? {} : { row }),
  };
}

/** The machines as they will be: the steps that look at them know their roles. */
function machinesOf({ steps = [] }: PreviewDigest): {
  readonly roles: ReadonlyMap<string, string>;
  readonly size: Size;
} {
  const machines = steps.flatMap(({ op, urn, newState }) => {
    const name = /^talos-(.+)-os$/.exec(nameOf(urn))?.[1];
    const environment = (newState?.inputs?.["environment"] ?? {}) as Readonly<Record<string, unknown>>;
    return op === "create-replacement" || name === undefined || newState === undefined
      ? []
      : [{ name, role: String(environment["NODE_ROLE"]), drain: environment["DRAIN_SECONDS"] }];
  });
  const withRole = (role: string): number => machines.filter((machine) => machine.role === role).length;
  return {
    roles: new Map(machines.map(({ name, role }) => [name, role])),
    size: {
      controlPlanes: withRole("controlplane"),
      workers: withRole("worker"),
      drainSeconds: Number(machines[0]?.drain ?? 300),
    },
  };
}

function fluxBundleOf(units: readonly Unit[], { texts, problem }: Bundles): FluxBundleDiff | undefined {
  const tag = units
    .find(({ name, action }) => name === "flux-flux-manifests" && action === "update")
    ?.changes.find(({ path }) => path === "spec.ref.tag");
  if (tag === undefined) return undefined;
  const bundle = (version: string): Bundle | undefined => {
    const text = texts.get(version);
    return text === undefined ? undefined : { version, text };
  };
  const [from, to] = [String(tag.from), String(tag.to)];
  const [before, after] = [bundle(from), bundle(to)];
  if (before !== undefined && after !== undefined) return compareBundles(before, after);
  const why = problem ?? `the last finished run did not reach Flux ${from}, so its bundle was not asked for`;
  return { from, to, added: [], removed: [], changed: [], problem: why };
}
