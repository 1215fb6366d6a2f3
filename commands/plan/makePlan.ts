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

/**
 * Makes the plan of a preview that was run with `--show-sames`: unchanged resources tell how large the cluster is.
 * @param masker hides secrets, wherever they stand
 */
export function makePlan(digest: PreviewDigest, bundles: Bundles, masker: Masker = new Masker()): Plan {
  const units = unitsOf(digest, masker);
  const table = tableOf(units, sizeOf(digest));
  const ciliumValues = ciliumValuesDiff(units, masker);
  const fluxBundle = fluxBundleOf(units, bundles);
  const warnings = [
    ...units.flatMap(({ rule }) => rule.row?.warning ?? []),
    ...outagesOf(units, rolesOf(digest), sizeOf(digest)),
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

/** Roles by machine, as the steps that look at them know them. */
function rolesOf({ steps = [] }: PreviewDigest): ReadonlyMap<string, string> {
  return new Map(
    steps
      .filter(({ urn, newState }) => isMachine(urn) && newState !== undefined)
      .map(({ urn, newState }) => {
        const environment = (newState?.inputs?.["environment"] ?? {}) as Readonly<Record<string, unknown>>;
        return [nameOf(urn).replace(/^talos-(.+)-os$/, "$1"), String(environment["NODE_ROLE"])] as const;
      }),
  );
}

/** The cluster as it will be: the steps that look at its machines know their roles. */
function sizeOf({ steps = [] }: PreviewDigest): Size {
  const machines = steps
    .filter(
      ({ op, urn, newState }) => op !== "create-replacement" && isMachine(urn) && newState !== undefined,
    )
    .map(({ newState }) => (newState?.inputs?.["environment"] ?? {}) as Readonly<Record<string, unknown>>);
  const withRole = (role: string): number => machines.filter(({ NODE_ROLE }) => NODE_ROLE === role).length;
  return {
    controlPlanes: withRole("controlplane"),
    workers: withRole("worker"),
    drainSeconds: Number(machines[0]?.["DRAIN_SECONDS"] ?? 300),
  };
}

const isMachine = (urn: string): boolean => /^talos-.+-os$/.test(nameOf(urn));

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
