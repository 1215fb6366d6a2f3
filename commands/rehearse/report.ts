// What a rehearsal found, as data. How it is shown is in show.ts.
import { exitCodes } from "../frame.ts";
import type { Change } from "./events.ts";
import type { VersionPlan } from "./versions.ts";

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
  /** Objects of Flux that are Ready. */
  readonly ready: number;
  /** Those that are not, with their messages. */
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
  /** Files of the tree that the bump changes. */
  readonly files: readonly string[];
  /** Seconds for building the cluster as it is committed. */
  readonly buildSeconds?: number | undefined;
  /** What the preview of the bump showed. */
  readonly previewed?: readonly Change[] | undefined;
  /** Changes that only the preview showed or only `up` made. */
  readonly surprises?: readonly string[] | undefined;
  readonly machines?: readonly MachineReport[] | undefined;
  /** What happened to the cluster as a whole. */
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
  const ownerOf = ({ name }: Change): string | undefined =>
    longest.find((machine) => name.startsWith(`talos-${machine}-`));
  const of = new Map<string, Change[]>(machines.map((machine) => [machine, []]));
  const others: Change[] = [];
  for (const change of changes) {
    const owner = ownerOf(change);
    (owner === undefined ? others : (of.get(owner) ?? others)).push(change);
  }
  return { of, others };
}
