// The machines that the stack config asks for, as the rules about them see them.
import type { Values } from "../readStack.ts";

/** A machine, as far as it is right, with its place. */
export type AskedMachine = NonNullable<NonNullable<Values["nodes"]>[number]> & {
  /** e.g. `nodes[0]` */
  readonly at: string;
};

/** All of them, in the order of the stack config. */
export function askedMachines({ nodes = [] }: Values): readonly AskedMachine[] {
  return nodes.flatMap((node, index) => (node === undefined ? [] : [{ ...node, at: `nodes[${index}]` }]));
}

/** Those that are not gone. */
export function stayingMachines(values: Values): readonly AskedMachine[] {
  return askedMachines(values).filter(({ gone }) => gone !== true);
}

/** A machine for people, e.g. `k8s-1 (nodes[0])`. */
export function labelOf({ name, at }: AskedMachine): string {
  return name === undefined ? at : `${name} (${at})`;
}
