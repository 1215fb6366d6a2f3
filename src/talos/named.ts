import type { Node } from "../config/config.ts";

/** A machine as steps are told of it, JSON in their inputs. */
export interface NamedMachine {
  readonly name: string;
  readonly address: string;
}

/** Name and address of a machine. */
export function named({ name, address }: Node): NamedMachine {
  return { name, address };
}

/** The same for what waits for all machines: with the generation, so that it waits again when one is made anew. */
export function namedOfGeneration(node: Node): NamedMachine & { readonly generation?: number } {
  return { ...named(node), ...(node.generation === 1 ? {} : { generation: node.generation }) };
}
