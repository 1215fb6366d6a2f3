import type { Values } from "../readStack.ts";

/** A machine of the stack config, as far as it is right. */
export type AskedMachine = NonNullable<NonNullable<Values["nodes"]>[number]>;

/** A machine with its place in the list. */
export interface Placed {
  readonly path: string;
  readonly node: AskedMachine;
}

/** The machines of a stack config, those that are right at all. */
export function placedMachines({ nodes = [] }: Values): readonly Placed[] {
  return nodes.flatMap((node, index) =>
    node === undefined ? [] : [{ path: `nodes[${String(index)}]`, node }],
  );
}
