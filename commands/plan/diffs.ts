// Unified diffs of values, as YAML.
import { structuredPatch } from "diff";
import { stringify } from "yaml";
import { machineConfigOf } from "./machineConfig.ts";
import { maskPair, type Masker } from "../../src/steps/mask.ts";
import { prune } from "./prune.ts";
import type { PlanDiff } from "./types.ts";
import type { Unit } from "./units.ts";

/** Enough to keep the way to a difference in sight. */
const contextLines = 5;

/**
 * The difference of two values; empty when there is none. Only where they differ is written, with the keys that lead
 * there; keys are sorted, so that their order is no difference.
 */
export function yamlDiff(before: unknown, after: unknown): string {
  const [old, next] = prune(before, after);
  const { hunks } = structuredPatch("", "", yaml(old), yaml(next), "", "", { context: contextLines });
  return hunks.map(({ lines }) => lines.filter((line) => !line.startsWith("\\")).join("\n")).join("\n@@\n");
}

function yaml(value: unknown): string {
  if (value === undefined || isEmpty(value)) return "";
  return stringify(value, { lineWidth: 0, sortMapEntries: true, nullStr: "" });
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** What changes in machine configs, the same change of several machines once. */
export function machineConfigDiffs(units: readonly Unit[], masker: Masker): readonly PlanDiff[] {
  const diffs = units
    .filter(({ name, action }) => /^talos-.+-config$/.test(name) && ["update", "replace"].includes(action))
    .map(({ name, machine, before, after }) => ({
      machine: machine ?? name,
      diff: yamlDiff(...maskPair(configOf(before?.inputs), configOf(after?.inputs), masker)),
    }))
    .filter(({ diff }) => diff !== "");
  return [...Map.groupBy(diffs, ({ diff }) => diff)].map(([diff, machines]) => ({
    of: machines.map(({ machine }) => machine),
    diff,
  }));
}

/** Base and patches where both are known, otherwise the patches alone. */
function configOf(inputs: Readonly<Record<string, unknown>> = {}): unknown {
  const { config, configPatches: patches } = inputs;
  return config ?? machineConfigOf(Array.isArray(patches) ? patches : []);
}

/** What changes in Cilium's chart values; undefined when nothing does. */
export function ciliumValuesDiff(units: readonly Unit[], masker: Masker): string | undefined {
  const cilium = units.find(({ name, action }) => name === "cluster-cilium" && action === "update");
  const diff = yamlDiff(
    ...maskPair(cilium?.before?.inputs?.["values"], cilium?.after?.inputs?.["values"], masker),
  );
  return diff === "" ? undefined : diff;
}
