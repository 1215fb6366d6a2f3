// From units to the table: what belongs together becomes one row, what only looks belongs to the row of its cause.
import { estimates, together, type Size } from "./estimates.ts";
import type { Rule } from "./rules/rule.ts";
import { shortText } from "./text.ts";
import type { Impact, PlanChange, PlanRow } from "./types.ts";
import type { Unit } from "./units.ts";
import { hidden } from "../../src/steps/redact.ts";
import type { Change } from "./changes.ts";

/** The table, and where each unit went. */
interface Table {
  readonly rows: readonly PlanRow[];
  readonly rowOf: ReadonlyMap<Unit, number>;
  readonly seconds: number;
}

/** A row that others may still join. */
interface Draft extends Omit<PlanRow, "seconds" | "on"> {
  readonly on: string[];
  readonly key: string;
  readonly units: Unit[];
}

/** Rows that are alike are one where the machines' order does not matter. */
const harmless: readonly Impact[] = ["none", "live"];

/** Makes the table. */
export function tableOf(units: readonly Unit[], size: Size): Table {
  const drafts: Draft[] = [];
  const looks: Unit[] = [];
  for (const unit of units) {
    const row = unit.action === "forget" ? undefined : (rowOf(unit, size) ?? settingsRow(unit));
    if (row === undefined) looks.push(unit);
    else add(drafts, row, unit);
  }
  if (drafts.length === 0 && looks.length > 0) add(drafts, lookAgain, ...looks.splice(0));
  for (const look of looks) causeOf(look, drafts, units)?.units.push(look);
  const rowIndex = new Map(
    drafts.flatMap(({ units: own }, index) => own.map((unit) => [unit, index] as const)),
  );
  return {
    rows: drafts.map(({ key: _key, units: own, ...row }) => ({ ...row, seconds: secondsOf(own, size) })),
    rowOf: rowIndex,
    seconds: secondsOf(units, size),
  };
}

type NewRow = Omit<Draft, "key" | "units">;

function add(drafts: Draft[], row: NewRow, ...units: Unit[]): void {
  const key = JSON.stringify([row.what, row.impact, row.changes]);
  const isSame = (draft: Draft): boolean => draft.key === key && draft.on.join() === row.on.join();
  // Nothing moves to before something that hurts.
  const after = drafts.slice(drafts.findLastIndex(({ impact }) => !harmless.includes(impact)) + 1);
  const last = drafts.find(isSame) ?? after.find((draft) => draft.key === key);
  if (last === undefined) drafts.push({ ...row, key, units });
  else {
    last.on.push(...row.on.filter((name) => !last.on.includes(name)));
    last.units.push(...units);
  }
}

function rowOf(unit: Unit, { controlPlanes, workers }: Size): NewRow | undefined {
  const { row, because } = unit.rule;
  if (row === undefined) return undefined;
  const isAlone = controlPlanes + workers === 1;
  return {
    on: [row.on ?? unit.machine ?? unit.name],
    what: row.what,
    changes: [...valueOf(unit, row), ...shownOf(unit, row)],
    impact: isAlone ? (row.alone ?? row.impact) : row.impact,
    destructive: row.destructive ?? false,
    because,
  };
}

type Row = NonNullable<Rule["row"]>;

function shownOf({ changes, rule }: Unit, { shows, named }: Row): readonly PlanChange[] {
  if (shows === undefined) return [];
  const shown = changes.filter(
    ({ path }) => shows.test(path) && !(named === true && (rule.follows?.test(path) ?? false)),
  );
  return shown.map((change) => planChange(change, named === true));
}

function valueOf({ changes, before, after }: Unit, { value }: Row): readonly PlanChange[] {
  if (value === undefined) return [];
  const found = changes.find(({ path }) => path === value.path);
  const text = String(
    found?.to ?? found?.from ?? after?.inputs?.[value.path] ?? before?.inputs?.[value.path] ?? "",
  );
  const part = value.part === undefined ? text : (value.part.exec(text)?.[1] ?? text);
  return [{ to: shortText(part) ?? "" }];
}

/** Inputs that are a secret as a whole, in words: of those nobody sees more than that they change. */
const inWords: Readonly<Record<string, string>> = {
  machineConfigurationInput: "base config with the keys",
  configPatches: "patches, one of them with a secret",
  clientConfiguration: "admin certificate",
  kubeconfig: "kubeconfig",
  stringData: "values of the Secret",
  data: "values of the Secret",
  configuration: "address and token",
  key: "public key",
};

/** A changed input as the plan shows it. */
export function planChange({ path, from, to }: Change, named = true): PlanChange {
  const [old, next] = [shortText(from), shortText(to)];
  return {
    ...(named ? { name: nameOf(path, next) } : {}),
    ...(old === undefined ? {} : { from: old }),
    ...(next === undefined ? {} : { to: next }),
  };
}

function nameOf(path: string, value: string | undefined): string {
  const words = value?.startsWith(hidden) === true ? inWords[path] : undefined;
  return words ?? path.replace(/^(config|environment)\./, "");
}

/** A step that only looks is told something that no other row explains, e.g. another time limit. */
function settingsRow({ action, changes, rule, machine }: Unit): NewRow | undefined {
  if (action !== "update") return undefined;
  const unexplained = changes.filter(({ path }) => !(rule.follows?.test(path) ?? false));
  if (unexplained.length === 0) return undefined;
  return {
    on: [machine ?? "cluster"],
    what: "settings of steps",
    changes: unexplained.map((change) => planChange(change)),
    impact: "none",
    destructive: false,
    because: "it counts from the next time that the step has something to do",
  };
}

const lookAgain: NewRow = {
  on: ["cluster"],
  what: "steps look again",
  changes: [],
  impact: "none",
  destructive: false,
  because: "what they are told was written anew, with nothing in it that changes what runs",
};

/** The row of the same machine; otherwise the next one, which waits for the look; otherwise the last one. */
function causeOf(look: Unit, drafts: readonly Draft[], units: readonly Unit[]): Draft | undefined {
  const at = units.indexOf(look);
  const ofMachine =
    look.machine === undefined ? undefined : drafts.find(({ on }) => on.includes(look.machine ?? ""));
  return (
    ofMachine ?? drafts.find((draft) => draft.units.some((unit) => units.indexOf(unit) > at)) ?? drafts.at(-1)
  );
}

/** Estimate for units one after the other; those that wait for the same and do the same go side by side. */
function secondsOf(units: readonly Unit[], size: Size): number {
  const waves = new Map<string, number>();
  for (const { rule, waitsFor, action, name } of units) {
    const takes = rule.takes ?? (rule.row === undefined ? "look" : "write");
    const seconds = action === "forget" ? 0 : estimates[takes](size);
    const order = waitsFor === "" ? name : waitsFor;
    const wave = together.includes(takes) ? takes : `${takes} ${order}`;
    waves.set(wave, Math.max(waves.get(wave) ?? 0, seconds));
  }
  return [...waves.values()].reduce((sum, seconds) => sum + seconds, 0);
}
