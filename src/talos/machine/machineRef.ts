import type { Node } from "../../config/config.ts";

/** A machine for what waits for all of them: with its generation, so that it waits again when one is made anew. */
export function machineRef({ name, address, generation }: Node): {
  readonly name: string;
  readonly address: string;
  readonly generation?: number;
} {
  return { name, address, ...(generation === 1 ? {} : { generation }) };
}
