// Every step, found by its name: the contract `x` of src/<room>/contracts.ts has its body in src/<room>/steps/x.ts, a function
// that is called x as well. A body is loaded only when it is called for.
import * as bootstrap from "./bootstrap/contracts.ts";
import * as flux from "./flux/contracts.ts";
import * as preflight from "./preflight/contracts.ts";
import type { Contract } from "./steps/contract.ts";
import { performStep, type Body } from "./steps/step.ts";
import * as talos from "./talos/contracts.ts";

/** A contract, the name of its body, and the body's file, from this folder. */
export const steps = Object.entries({ preflight, talos, bootstrap, flux }).flatMap(([room, exported]) =>
  Object.entries<unknown>(exported).flatMap(([key, contract]) =>
    isContract(contract) ? [{ contract, key, file: `./${room}/steps/${key}.ts` }] : [],
  ),
);

function isContract(value: unknown): value is Contract {
  return typeof value === "object" && value !== null && "timeoutSeconds" in value;
}

async function bodyOf({ file, key }: (typeof steps)[number]): Promise<Body<Contract>> {
  return ((await import(file)) as Readonly<Record<string, unknown>>)[key] as Body<Contract>;
}

/** Performs the step of that name, and ends the process; says which ones there are where there is none, or for `--help`. */
export async function performNamed(name = ""): Promise<void> {
  const step = steps.find(({ contract }) => contract.name === name);
  if (step !== undefined) await performStep(step.contract, async () => bodyOf(step));
  const names = steps.map(({ contract }) => `  ${contract.name}\n`).join("");
  const isHelp = name === "--help";
  const fault = isHelp ? "" : `${name === "" ? "no step is named" : `there is no step ${name}`}\n`;
  (isHelp ? process.stdout : process.stderr).write(
    `${fault}usage: node src/step.ts NAME, with its inputs in the environment as pulumi up sets them. Steps:\n${names}`,
  );
  process.exitCode = isHelp ? 0 : 2;
}
