// The preview's operations, one unit for each resource to which something happens, in the order in which `up` does them.
import type { Masker } from "../../src/steps/mask.ts";
import { changesOf, type Change } from "./changes.ts";
import {
  actions,
  nameOf,
  typeOf,
  type Action,
  type PreviewDigest,
  type PreviewStep,
  type ResourceState,
} from "./preview.ts";
import { ruleFor } from "./rules/rules.ts";
import type { Rule } from "./rules/rule.ts";

/** One resource to which something happens. */
export interface Unit {
  readonly name: string;
  readonly type: string;
  /** `forget`: it goes from the state, and nothing happens to what it stands for. */
  readonly action: Action | "forget";
  readonly before?: ResourceState | undefined;
  readonly after?: ResourceState | undefined;
  readonly changes: readonly Change[];
  readonly rule: Rule;
  readonly machine?: string | undefined;
  /** What it waits for; units that wait for the same happen at the same time. */
  readonly waitsFor: string;
}

/** All units: first what is made and changed, in the order of the graph, then what goes. */
export function unitsOf({ steps = [] }: PreviewDigest, masker: Masker): readonly Unit[] {
  const byUrn = Map.groupBy(
    steps.filter(({ op }) => actions[op] !== undefined),
    ({ urn }) => urn,
  );
  const units = inOrder([...byUrn].map(([urn, operations]) => unitOf(urn, operations, masker)));
  const isLast = ({ action }: Unit): boolean => action === "delete" || action === "forget";
  return [...units.filter((unit) => !isLast(unit)), ...units.filter(isLast)];
}

/** What happens to machines at the same time is reported as it comes; people read it by name. Each group keeps its places. */
function inOrder(units: readonly Unit[]): readonly Unit[] {
  const { compare } = new Intl.Collator("en", { numeric: true });
  const groupOf = ({ rule, waitsFor, machine, name }: Unit): string =>
    machine === undefined ? name : `${String(rule.name)} ${waitsFor}`;
  const groups = [...Map.groupBy(units, groupOf)].map(
    ([group, all]) => [group, all.toSorted((a, b) => compare(a.name, b.name)).values()] as const,
  );
  const next = new Map(groups);
  return units.map((unit) => next.get(groupOf(unit))?.next().value ?? unit);
}

function unitOf(urn: string, operations: readonly PreviewStep[], masker: Masker): Unit {
  const action =
    actions[(operations.find(({ op }) => op === "replace") ?? operations[0])?.op ?? ""] ?? "update";
  const before = operations.find(({ oldState }) => oldState !== undefined)?.oldState;
  const after = operations.find(({ newState }) => newState !== undefined)?.newState;
  const paths = operations.flatMap(({ detailedDiff }) => Object.keys(detailedDiff ?? {}));
  const names = operations.flatMap(({ diffReasons = [] }) => diffReasons);
  const said = paths.length > 0 ? paths : names;
  const changes = changesOf({ before: before?.inputs, after: after?.inputs, said }, masker);
  const resource = { name: nameOf(urn), type: typeOf(urn), action };
  const forgotten = action === "delete" && before?.retainOnDelete === true;
  return {
    ...resource,
    action: forgotten ? "forget" : action,
    before,
    after,
    changes,
    ...ruleFor(resource, changes),
    waitsFor: [...(after?.dependencies ?? [])].sort().join(" "),
  };
}
