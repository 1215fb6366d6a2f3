// All contracts of steps, and where their bodies are, as src/steps.ts has it.
import { readFileSync } from "node:fs";
import * as bootstrap from "../../src/bootstrap/contracts.ts";
import * as preflight from "../../src/preflight/contracts.ts";
import * as flux from "../../src/flux/contracts.ts";
import type { Contract } from "../../src/steps/contract.ts";
import * as talos from "../../src/talos/contracts.ts";

/** By the name of the constant, which is the name of the body's function too. */
export const contracts: Readonly<Record<string, Contract>> = Object.fromEntries(
  [preflight, talos, bootstrap, flux].flatMap((room) =>
    Object.entries<unknown>(room).flatMap(([key, value]): [string, Contract][] =>
      typeof value === "object" && value !== null && "inputs" in value ? [[key, value as Contract]] : [],
    ),
  ),
);

/** The file of each body, by the same name. */
export const bodies: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...readFileSync("src/steps.ts", "utf8").matchAll(
      /entry\(\s*(?:\w+\.)?(\w+),\s*async \(\) => \(await import\("\.\/([^"]+)"\)\)\.(\w+)/g,
    ),
  ].map(([, contract = "", file = "", body = ""]) => [contract === body ? contract : "", `src/${file}`]),
);
