// Runs another program and collects what it prints. Arguments never carry secrets: argv is readable for everybody.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** How a program ended. */
export interface RunResult {
  /** Exit code; -1 when a signal ended it, -2 when it could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run it. */
export interface RunOptions {
  /** Seconds after which it is killed. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Additional environment, secrets allowed. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for standard input, secrets allowed. */
  readonly stdin?: string;
  /** Gets every line of both outputs as soon as it is there. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Runs `command args…` and waits for it. Never throws for an exit code; a program that is not on PATH gives code -2 and a
 * message in `stderr`.
 */
export async function run(
  command: string,
  args: readonly string[],
  { timeoutSeconds, signal, env, stdin = "", onLine }: RunOptions,
): Promise<RunResult> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: "pipe",
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
    killSignal: "SIGKILL",
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => (said[stream] += text));
    if (onLine !== undefined) createInterface({ input: child[stream] }).on("line", onLine);
  }
  // A program that ends without reading its input closes the pipe; its exit code says the rest.
  child.stdin.on("error", () => undefined).end(stdin);
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") said.stderr += `${command} is not on PATH`;
      else if (error.name === "AbortError")
        said.stderr += `${command} did not answer within ${timeoutSeconds} s`;
      else said.stderr += error.message;
      if (child.pid === undefined) resolve({ ...said, code: -2 });
    });
    child.once("close", (code) => resolve({ ...said, code: code ?? -1 }));
  });
}
