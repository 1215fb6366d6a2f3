// The pulumi CLI.
import { spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { PrivateFolder } from "../../src/steps/privateFolder.ts";
import { StepError } from "../../src/steps/stepError.ts";

const notThere = 'pulumi is not on PATH: install it, or run: eval "$(npm run -s lab -- env)"';

/**
 * Runs `pulumi args…` quietly and returns what it prints. Secrets in that stay in this process.
 * @throws StepError with pulumi's own words when it fails or is not on PATH
 */
export function pulumi(args: readonly string[], stdin = ""): string {
  const result = spawnSync("pulumi", [...args, "--non-interactive", "--color", "never"], {
    input: stdin,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (result.error !== undefined) throw new StepError(notThere);
  // Its standard output may hold secrets.
  const said = result.stderr || (args.includes("--show-secrets") ? "it said nothing" : result.stdout);
  if (result.status !== 0) throw new StepError(`pulumi ${args.join(" ")} failed:\n${said.trim()}`);
  return result.stdout;
}

/** How it ended. */
interface PulumiResult {
  /** Exit code; 128 and the signal's number for a killed one, as shells count. */
  readonly code: number;
  /** What it printed; empty where it printed to this terminal itself. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `pulumi args…` to its end. It gets a temporary folder of its own, in memory and gone afterwards, because its Kubernetes
 * provider leaves kubeconfigs with credentials there.
 * @param quiet its output is collected; otherwise it has this terminal for itself
 * @throws StepError when there is no pulumi
 */
export async function runPulumi(
  args: readonly string[],
  { quiet = false, env = {} }: { readonly quiet?: boolean; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<PulumiResult> {
  const folder = new PrivateFolder();
  const child = spawn("pulumi", [...args], {
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    env: { ...process.env, ...env, TMPDIR: folder.path },
  });
  // The terminal sends Ctrl-C to both; pulumi decides what it means, this process waits for it.
  const wait = (): void => undefined;
  const stop = (): boolean => child.kill("SIGTERM");
  process.on("SIGINT", wait).on("SIGTERM", stop);
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => (printed[name] += text));
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", () => {
        reject(new StepError(notThere));
      });
      child.once("close", (exit, signal) => {
        resolve(exit ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
    return { code, ...printed };
  } finally {
    folder.remove();
    process.off("SIGINT", wait).off("SIGTERM", stop);
  }
}
