import type { StackReading } from "../readStack.ts";

/** A machine of the stack config, as far as it is right. */
export type AskedMachine = NonNullable<NonNullable<StackReading["values"]["nodes"]>[number]>;

/** A machine with its place in the list. */
export interface Placed {
  readonly path: string;
  readonly node: AskedMachine;
}
