// What a rehearsal found, as data, and how what was seen becomes that. How it is shown is in show.ts. Pure.
import { exitCodes } from "../frame.ts";
import type { Change } from "./events.ts";
import { moveText, type VersionPlan } from "./versions.ts";

/** How a rehearsal ended: the bump went well, it did not, there was none, or it could not be rehearsed. */
export type Outcome = "well" | "failed" | "nothing" | "impossible";

/** Exit codes of the command. */
export const outcomeCodes: Readonly<Record<Outcome, number>> = {
  well: exitCodes.nothing,
  nothing: exitCodes.nothing,
  failed: exitCodes.found,
  impossible: exitCodes.impossible,
};

/** A machine before the bump and after it. */
export interface MachineReport {
  readonly name: string;
  /** What happened to it, e.g. `Talos v1.12.3 → v1.12.4`; empty for one that nothing happened to. */
  readonly did: readonly string[];
  /** Seconds that the program worked on it, in the lab. */
  readonly seconds: number;
}

/** What the cluster looked like in the end. */
export interface Afterwards {
  readonly ready: number;
  readonly waiting: readonly string[];
  /** What a preview shows that should show nothing. */
  readonly stillToDo: readonly Change[];
}

/** Everything. */
export interface Report {
  readonly stack: string;
  readonly outcome: Outcome;
  /** Name of the lab where it is left running. */
  readonly lab?: string | undefined;
  /** Undefined when the rehearsal ended before versions were chosen. */
  readonly versions?: VersionPlan | undefined;
  /** What of the stack a lab cannot have, one text each. */
  readonly left: readonly string[];
  readonly files: readonly string[];
  readonly buildSeconds?: number | undefined;
  readonly previewed?: readonly Change[] | undefined;
  /** Changes that only the preview showed or only `up` made. */
  readonly surprises?: readonly string[] | undefined;
  readonly machines?: readonly MachineReport[] | undefined;
  readonly cluster?: readonly Change[] | undefined;
  readonly bumpSeconds?: number | undefined;
  /** The longest time during the bump for which the API's endpoint did not answer. */
  readonly silenceSeconds?: number | undefined;
  readonly afterwards?: Afterwards | undefined;
  /** Why it is not `well`: what was being done, and the messages. */
  readonly failure?: { readonly during: string; readonly messages: readonly string[] } | undefined;
}

/** Changes that one run shows and the other does not. */
export function surprisesBetween(previewed: readonly Change[], made: readonly Change[]): readonly string[] {
  const key = ({ name, op }: Change): string => `${op} ${name}`;
  const [shown, done] = [new Set(previewed.map(key)), new Set(made.map(key))];
  return [
    ...[...shown].filter((change) => !done.has(change)).map((change) => `only in the preview: ${change}`),
    ...[...done].filter((change) => !shown.has(change)).map((change) => `not in the preview: ${change}`),
  ];
}

/** Splits changes into those of machines and the others, by their names (`talos-<machine>-<what>`). */
export function byMachine(
  changes: readonly Change[],
  machines: readonly string[],
): { readonly of: ReadonlyMap<string, readonly Change[]>; readonly others: readonly Change[] } {
  // The longest first: one name may begin with another.
  const longest = machines.toSorted((one, other) => other.length - one.length);
  const owners = Map.groupBy(changes, ({ name }) =>
    longest.find((machine) => name.startsWith(`talos-${machine}-`)),
  );
  return {
    of: new Map(machines.map((machine) => [machine, owners.get(machine) ?? []])),
    others: owners.get(undefined) ?? [],
  };
}

/** A machine at one moment. */
export interface MachineFacts {
  readonly talos: string;
  /** Changes with every boot. */
  readonly bootId: string;
  /** What it is doing, e.g. `running` or `maintenance`. */
  readonly state: string;
  /** Version of its kubelet; undefined while it is no node of the cluster. */
  readonly kubelet: string | undefined;
}

/** Before and after. */
interface MachineChange {
  readonly name: string;
  readonly before: MachineFacts | undefined;
  readonly after: MachineFacts | undefined;
  readonly changes: readonly Change[];
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
  const state = after.state === "maintenance" ? "wiped, in maintenance mode" : after.state;
  if (after.kubelet === undefined) return [`left the cluster, and is now ${state}`];
  const bumped = (what: string, from: string, to: string): readonly string[] =>
    from === to ? [] : [`${what} ${moveText({ from, to })}`];
  return [
    ...bumped("Talos", before.talos, after.talos),
    ...(newSchematic ? ["other system extensions (schematic)"] : []),
    ...bumped("Kubernetes", before.kubelet, after.kubelet),
    ...(changes.some(({ name }) => name.endsWith("-config")) ? ["new machine config"] : []),
    ...(before.bootId === after.bootId ? [] : ["rebooted"]),
  ];
}
