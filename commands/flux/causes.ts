// From many objects that are not Ready to the few that are the reason. Pure.
import type { Health } from "./health.ts";
import { ownSources, refusedVariable } from "./variables.ts";

/** An object that is not Ready by itself. */
export interface Cause {
  readonly health: Health;
  /** Names of all that wait for it, directly or through others, nearest first. */
  readonly waiting: readonly string[];
}

/** What can hold others up. */
const holding: readonly Health["state"][] = ["failing", "waiting", "suspended", "working"];

/**
 * The root causes: what fails, or is suspended, while others wait for it, or waits for something that is not there. What is
 * only being worked on is none.
 */
export function rootCauses(all: readonly Health[]): readonly Cause[] {
  const byName = new Map(all.map((health) => [health.name, health]));
  const upstream = ({ waitsFor }: Health): readonly Health[] =>
    waitsFor.flatMap((name) => {
      const found = byName.get(name);
      return found !== undefined && holding.includes(found.state) ? [found] : [];
    });
  const downstream = new Map<string, readonly string[]>();
  for (const health of all)
    for (const { name } of upstream(health))
      downstream.set(name, [...(downstream.get(name) ?? []), health.name]);
  const waitingFor = (name: string): readonly string[] => {
    const found: string[] = [];
    for (let next = [name]; next.length > 0;) {
      next = next
        .flatMap((one) => downstream.get(one) ?? [])
        .filter((one) => one !== name && !found.includes(one));
      found.push(...new Set(next));
    }
    return found;
  };
  const causes = all
    .map((health) => ({ health, waiting: waitingFor(health.name) }))
    .filter(({ health, waiting }) => isRoot(health, waiting, upstream(health), missingOf(health, all)))
    .sort((one, other) => other.waiting.length - one.waiting.length);
  return byVariable(causes);
}

/** One name that Flux refuses stops all that take variables: one cause, and the first, at whoever delivers it. */
function byVariable(causes: readonly Cause[]): readonly Cause[] {
  const variableOf = ({ health: { state, message } }: Cause): string | undefined =>
    state === "failing" ? refusedVariable(message) : undefined;
  const groups = Map.groupBy(causes, variableOf);
  const others = groups.get(undefined) ?? [];
  groups.delete(undefined);
  const merged = [...groups.values()].flatMap((group): readonly Cause[] => {
    const first = group.find(({ health: { object } }) => ownSources(object).length > 0) ?? group[0];
    if (first === undefined) return [];
    const rest = group.filter((cause) => cause !== first);
    const waiting = [...rest.map(({ health }) => health.name), ...group.flatMap((cause) => cause.waiting)];
    return [{ health: first.health, waiting: [...new Set(waiting)] }];
  });
  return [...merged, ...others];
}

function isRoot(
  { state }: Health,
  waiting: readonly string[],
  upstream: readonly Health[],
  missing: readonly string[],
): boolean {
  if (state === "failing") return upstream.every((other) => other.state === "working");
  if (state === "suspended") return waiting.length > 0;
  // Whoever waits for what is Ready by now looks again in a moment.
  return state === "waiting" && missing.length > 0;
}

/** What an object waits for that is not there at all. */
export function missingOf({ state, waitsFor }: Health, all: readonly Health[]): readonly string[] {
  if (state !== "waiting") return [];
  return waitsFor.filter((name) => !all.some((other) => other.name === name));
}

/** e.g. `waits for HelmRelease default/podinfo, which fails: …`; undefined for what waits for nobody. */
export function chainOf(health: Health, causes: readonly Cause[]): string | undefined {
  const cause = causes.find(({ waiting }) => waiting.includes(health.name));
  if (cause === undefined) return undefined;
  const { name, state } = cause.health;
  return `waits for ${name}, which ${state === "suspended" ? "is suspended" : state === "waiting" ? "waits in vain" : "fails"}`;
}
