// All contracts of steps, and all files of bodies.
import { globSync } from "node:fs";
import { basename } from "node:path";
import type { Contract } from "../../src/steps/contract.ts";
import { steps } from "../../src/stepByName.ts";

/** By the name of the constant, which is the name of the body's function too. */
export const contracts: Readonly<Record<string, Contract>> = Object.fromEntries(
  steps.map(({ key, contract }) => [key, contract]),
);

/** By the name of the file, without its ending. */
export const bodies: Readonly<Record<string, string>> = Object.fromEntries(
  globSync("src/*/steps/*.ts").map((file) => [basename(file, ".ts"), file]),
);
