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
  readonly onLine?: (line: string) => void;
}

/**
 * Runs `command args…` and waits for it. Never throws for an exit code; a program that is not on PATH gives code -2 and a
 * message in `stderr`.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutSeconds * 1000)]),
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const { onLine } = options;
  if (onLine !== undefined)
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
  // A program that ends without reading its input closes the pipe; its exit code says the rest.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  return new Promise((resolve) => {
    let failure = "";
    child.once("error", (error: NodeJS.ErrnoException) => {
      failure =
        error.code === "ENOENT"
          ? `${command} is not on PATH`
          : error.name === "AbortError"
            ? `${command} did not answer within ${String(options.timeoutSeconds)} s`
            : error.message;
      if (child.pid === undefined) resolve({ code: -2, stdout, stderr: failure });
    });
    child.once("close", (code) => {
      resolve({ code: code ?? -1, stdout, stderr: failure === "" ? stderr : `${stderr}${failure}` });
    });
  });
}
