import type { Node } from "../config/schema.ts";

/** A machine as steps are told of it, JSON in their inputs; a generation only where it is not the first. */
export interface NamedMachine {
  readonly name: string;
  readonly address: string;
  readonly generation?: number;
}

/** Name and address of a machine. Its generation makes what waits for all machines wait again when one is made anew. */
export function named({ name, address, generation }: Node): NamedMachine {
  return { name, address, ...(generation === 1 ? {} : { generation }) };
}
