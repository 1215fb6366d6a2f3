// Which versions a rehearsal runs: those that are asked for where they can be had, otherwise the nearest that can, such
// that a bump stays a bump and all of them go together. Pure.
import { checkMoves } from "../../src/config/checks/moves.ts";
import { components, names, type Component } from "../../src/versions/components.ts";
import { checkSkew } from "../../src/versions/skew.ts";
import { compareMinors, compareVersions, minorOf, parseVersion } from "../../src/versions/version.ts";

/** The versions of a stack, e.g. `v1.13.9`, `v1.36.3`, `1.20.1`, `v2.9.4`. */
export type StackVersions = Readonly<Record<Component, string>>;

/** A version before the bump and after it. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** What can be had, by component. */
export type Catalogue = Readonly<
  Record<
    Component,
    {
      /** Versions to choose from, where the asked one is not to be had. */
      readonly listed: readonly string[];
      /** Whether a version can be had. */
      readonly has: (version: string) => boolean;
      /** Why others cannot, e.g. `there are v1.34.4 and v1.35.4`. */
      readonly limit: string;
    }
  >
>;

/** What is rehearsed in place of what is asked. */
export interface VersionPlan {
  readonly asked: Moves;
  readonly rehearsed: Moves;
  /** One text per component that is rehearsed with other versions. */
  readonly notes: readonly string[];
  /** Components whose bump vanishes, e.g. `Kubernetes v1.36.3 → v1.36.4`. */
  readonly notRehearsed: readonly string[];
}

/** Costs of a difference. Any number of the smaller costs less than one of the bigger. */
const cost = { patch: 1, minor: 1_000, otherKind: 1_000_000, vanished: 1_000_000_000 };

/** A move of each component. */
type Moves = Readonly<Record<Component, Move>>;

/** Chooses the versions. @returns undefined when no versions that can be had go together */
export function planVersions(
  from: StackVersions,
  to: StackVersions,
  catalogue: Catalogue,
): VersionPlan | undefined {
  const asked = byComponent((component) => ({ from: from[component], to: to[component] }));
  const rehearsed = combinations(asked, catalogue).find(goTogether);
  if (rehearsed === undefined) return undefined;
  return {
    asked,
    rehearsed,
    notes: components.flatMap((component) =>
      noteOn(component, asked[component], rehearsed[component], catalogue[component]),
    ),
    notRehearsed: components
      .filter((component) => isBump(asked[component]) && !isBump(rehearsed[component]))
      .map((component) => `${names[component]} ${moveText(asked[component])}`),
  };
}

/** The contract for a cluster that is born with this Talos: the stack's, as far as that Talos knows it. */
export function planContract(contract: string, talos: string): string {
  return compareMinors(contract, talos) <= 0 ? contract : `v${minorOf(talos) ?? ""}`;
}

/** e.g. `v1.34.4 → v1.35.4`, or the version alone where it stays. */
export function moveText({ from, to }: Move): string {
  return from === to ? from : `${from} → ${to}`;
}

/** The versions before the bump, or after it. */
export function versionsAt(side: keyof Move, moves: Moves): StackVersions {
  return byComponent((component) => moves[component][side]);
}

function byComponent<T>(value: (component: Component) => T): Record<Component, T> {
  return Object.fromEntries(components.map((component) => [component, value(component)])) as Record<
    Component,
    T
  >;
}

/** All moves that may stand for the asked one, the cheapest first. */
function choices(asked: Move, { listed, has }: Catalogue[Component]) {
  const versions = new Set([...[asked.from, asked.to].filter(has), ...listed]);
  const moves = [...versions].flatMap((from) => [...versions].map((to) => ({ from, to })));
  return moves
    .filter((move) => direction(move) === 0 || direction(move) === direction(asked))
    .map((move) => ({ move, cost: costOf(asked, move) }))
    .sort((one, other) => one.cost - other.cost);
}

function costOf(asked: Move, move: Move): number {
  const far = distance(asked.from, move.from) + distance(asked.to, move.to);
  if (isBump(asked) && !isBump(move)) return far + cost.vanished;
  const kind = Math.abs(minors(asked.from, asked.to) - minors(move.from, move.to));
  return far + kind * cost.otherKind;
}

function distance(one: string, other: string): number {
  return Math.abs(minors(one, other)) * cost.minor + Math.abs(patchOf(one) - patchOf(other)) * cost.patch;
}

function patchOf(version: string): number {
  return parseVersion(version)?.patch ?? 0;
}

/** Minors from one version to another; a major counts as very many. */
function minors(one: string, other: string): number {
  const [a, b] = [parseVersion(one), parseVersion(other)];
  return a === undefined || b === undefined ? 0 : (b.major - a.major) * 100 + b.minor - a.minor;
}

function direction({ from, to }: Move): number {
  return Math.sign(compareVersions(to, from));
}

function isBump({ from, to }: Move): boolean {
  return from !== to;
}

/** Every combination of moves that may stand for the asked ones, the cheapest first. */
function combinations(asked: Moves, catalogue: Catalogue): readonly Moves[] {
  return components
    .reduce(
      (combined, component) => {
        const all = choices(asked[component], catalogue[component]);
        return combined.flatMap(({ moves, cost: before }) =>
          all.map(({ move, cost: more }) => ({
            moves: { ...moves, [component]: move },
            cost: before + more,
          })),
        );
      },
      [{ moves: asked, cost: 0 }],
    )
    .toSorted((one, other) => one.cost - other.cost)
    .map(({ moves }) => moves);
}

/** By the rules that the program itself applies. */
function goTogether(moves: Moves): boolean {
  const [from, to] = [versionsAt("from", moves), versionsAt("to", moves)];
  return [...checkSkew(from).problems, ...checkSkew(to).problems, ...checkMoves(from, to)].length === 0;
}

function noteOn(
  component: Component,
  asked: Move,
  rehearsed: Move,
  { has, limit }: Catalogue[Component],
): readonly string[] {
  if (asked.from === rehearsed.from && asked.to === rehearsed.to) return [];
  const missing = [...new Set([asked.from, asked.to])].filter((version) => !has(version));
  const why =
    missing.length > 0
      ? `${missing.join(" and ")} cannot be had here (${limit})`
      : `${moveText(asked)} does not go with the other versions that can be had here`;
  const instead = isBump(rehearsed) ? `as ${moveText(rehearsed)}` : `with ${rehearsed.from}`;
  return [`${names[component]} ${why}: rehearsed ${instead}`];
}
