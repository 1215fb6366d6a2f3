// Kills a process with everything below it, as a power cut would: no signal that anybody could handle.
import { readdirSync, readFileSync } from "node:fs";

/**
 * Kills a process and all its descendants, whatever process groups they are in.
 * @param spared generations that stay, to tidy up behind the others: 1 spares the process itself, 2 its children too
 */
export function killTree(pid: number, spared = 0): void {
  const generations = [[pid]];
  const children = childrenByParent();
  for (const members of generations) {
    const next = members.flatMap((member) => children.get(member) ?? []);
    if (next.length > 0) generations.push(next);
  }
  for (const member of generations.slice(spared).flat())
    try {
      process.kill(member, "SIGKILL");
    } catch {
      // It has ended by itself meanwhile.
    }
}

function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      // The name in parentheses may hold anything; what follows the last one is fixed. Source: proc(5).
      const parent = Number(readFileSync(`/proc/${entry}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // Gone.
    }
  return children;
}
