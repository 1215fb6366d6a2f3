// Of a machine that is gone nothing changes any more: its config and its step are kept as they were until it is removed
// (src/talos/machine/machine.ts). So another address or generation would do nothing, and whoever wrote it means something else.
import type { ReachedMachine } from "../reached.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

/** All changes of machines that are gone. */
export function checkGoneMachines(
  reached: readonly ReachedMachine[] | undefined,
  { nodes = [] }: Values,
): readonly Problem[] {
  return nodes.flatMap((node, index) => {
    const known = reached?.find(({ name }) => name === node?.name);
    if (node?.gone !== true || known === undefined) return [];
    const { address = known.address, generation = known.generation } = node;
    // A generation that goes back has a problem of its own.
    const isNew = { address: address !== known.address, generation: generation > known.generation };
    const changed = (["address", "generation"] as const).filter((key) => isNew[key]);
    return changed.map((key) =>
      problem(
        `nodes[${String(index)}].${key}`,
        `${String(node[key])} is new, and of a machine that is gone nothing changes: ${known.name} has ${key} ${String(known[key])}`,
        `write ${String(known[key])}; new hardware gets a line of its own with another name`,
      ),
    );
  });
}
