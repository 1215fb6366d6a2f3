// Unified diffs of values, as YAML.
import { isDeepStrictEqual } from "node:util";
import { structuredPatch } from "diff";
import { stringify } from "yaml";
import { machineConfigOf } from "./machineConfig.ts";
import { isFields, maskPair, type Masker } from "../../src/steps/mask.ts";
import type { PlanDiff } from "./types.ts";
import type { Unit } from "./units.ts";

type Fields = Readonly<Record<string, unknown>>;

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
  const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  if (value === undefined || isEmpty) return "";
  return stringify(value, { lineWidth: 0, sortMapEntries: true, nullStr: "" });
}

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
function configOf(inputs: Fields = {}): unknown {
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

/** Both values without what is equal in them. Items of a list keep their name, which says what they are. */
function prune(before: unknown, after: unknown): readonly [unknown, unknown] {
  if (isFields(before) && isFields(after)) return pruneFields(before, after);
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return pruneLists(before, after);
  return [before, after];
}

function pruneFields(before: Fields, after: Fields): readonly [Fields, Fields] {
  const left: Record<string, unknown> = {};
  const right: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isDeepStrictEqual(before[key], after[key])) continue;
    const [old, next] = prune(before[key], after[key]);
    if (key in before) left[key] = isEmptied(before[key], old) ? null : old;
    if (key in after) right[key] = isEmptied(after[key], next) ? null : next;
  }
  return [left, right];
}

/** This side differs only in what it lacks: its key stays, to show where. */
function isEmptied(value: unknown, rest: unknown): boolean {
  return isFields(value) && isFields(rest) && Object.keys(value).length > 0 && Object.keys(rest).length === 0;
}

function pruneLists(before: readonly unknown[], after: readonly unknown[]): readonly [unknown, unknown] {
  const pairs = before
    .map((old, index) => [old, after[index]] as const)
    .filter(([old, next]) => !isDeepStrictEqual(old, next))
    .map(([old, next]) => {
      const [left, right] = prune(old, next);
      return [named(old, left), named(next, right)] as const;
    });
  return [pairs.map(([old]) => old), pairs.map(([, next]) => next)];
}

function named(item: unknown, rest: unknown): unknown {
  return isFields(item) && isFields(rest) && "name" in item ? { name: item["name"], ...rest } : rest;
}
