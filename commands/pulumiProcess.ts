// pulumi as a child of a command. It gets a temporary folder of its own, in memory and gone afterwards, because its
// Kubernetes provider leaves kubeconfigs with credentials there.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { PrivateFolder } from "../src/steps/privateFolder.ts";
import { StepError } from "../src/steps/stepError.ts";

/** How it ended. */
export interface PulumiResult {
  /** Exit code; 128 and the signal's number for a killed one, as shells count. */
  readonly code: number;
  /** What it printed; empty where it printed to this terminal itself. */
  readonly stdout: string;
  readonly stderr: string;
}

/** What to do with its output, and what it is told besides. */
export interface PulumiOptions {
  /** Whether its output is collected; otherwise it has this terminal for itself. */
  readonly quiet?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `pulumi args…` to its end. @throws StepError when there is no pulumi */
export async function runPulumi(
  args: readonly string[],
  { quiet = false, env = {} }: PulumiOptions = {},
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
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (printed.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (printed.stderr += text));
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", () => {
        reject(new StepError('pulumi is not on PATH: install it, or run: eval "$(npm run -s lab -- env)"'));
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
