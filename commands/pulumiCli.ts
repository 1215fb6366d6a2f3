// The pulumi CLI, called quietly. Secrets that it prints stay in this process.
import { spawnSync } from "node:child_process";
import { StepError } from "../src/steps/stepError.ts";

/** The user must do something; printed without a stack. */

/**
 * Runs `pulumi args…` and returns what it prints.
 * @throws StepError with pulumi's own words when it fails or is not on PATH
 */
export function pulumi(args: readonly string[], stdin = ""): string {
  const result = spawnSync("pulumi", ["--non-interactive", "--color", "never", ...args], {
    input: stdin,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (result.error !== undefined)
    throw new StepError('pulumi is not on PATH: install it, or run: eval "$(npm run -s lab -- env)"');
  if (result.status !== 0)
    throw new StepError(`pulumi ${args.join(" ")} failed:\n${(result.stderr || result.stdout).trim()}`);
  return result.stdout;
}
