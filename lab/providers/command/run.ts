// Runs one command line the way the real Command plugin does (pulumi-command v1.2.1 provider/pkg/provider/local).
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { Operation } from "../shared/provider.ts";
import { CancelledError } from "../shared/pause.ts";

/** Which of the child's outputs become progress lines. */
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** What to run. */
export interface Run {
  readonly command: string;
  /** Program and arguments in front of the command. Default `["/bin/sh", "-c"]`. */
  readonly interpreter?: readonly string[] | undefined;
  /** Working directory. Default: the plugin's, which is the project's root. */
  readonly dir?: string | undefined;
  /** Added to the plugin's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin?: string | undefined;
  readonly logging: Logging;
}

/** The child's outputs, each without its last line break. */
export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs it to its end. A cancelled operation kills the child and everything it started.
 * @throws Error `exit status 1: running "<command>":` and both outputs, in Go's words
 */
export async function run(what: Run, operation: Operation): Promise<RunResult> {
  if (operation.signal.aborted) throw new CancelledError();
  const [file, ...args] = [
    ...(what.interpreter?.length ? what.interpreter : ["/bin/sh", "-c"]),
    what.command,
  ];
  const child = spawn(file, args, {
    cwd: what.dir ?? process.cwd(),
    env: { ...process.env, ...what.environment },
    // A process group of its own, so that a cancellation reaches what the command itself has started.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let both = "";
  const collect = (stream: NodeJS.ReadableStream, shown: boolean): (() => string) => {
    const decoder = new StringDecoder("utf8");
    let text = "";
    let line = "";
    stream.on("data", (chunk: Buffer) => {
      const piece = decoder.write(chunk);
      text += piece;
      both += piece;
      if (!shown) return;
      const lines = (line + piece).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) operation.log.status(whole.replace(/\r$/, ""));
    });
    stream.on("end", () => {
      if (shown && line !== "") operation.log.status(line);
    });
    return () => text;
  };
  const stdout = collect(child.stdout, what.logging === "stdout" || what.logging === "stdoutAndStderr");
  const stderr = collect(child.stderr, what.logging === "stderr" || what.logging === "stdoutAndStderr");
  // A child that does not read its input must not take the plugin down with EPIPE.
  child.stdin.on("error", () => undefined);
  child.stdin.end(what.stdin ?? "");

  const kill = (): void => killGroup(child);
  operation.signal.addEventListener("abort", kill, { once: true });
  const problem = await ended(child, what, file).finally(() =>
    operation.signal.removeEventListener("abort", kill),
  );
  if (problem !== undefined) throw new Error(`${problem}: running ${goQuote(what.command)}:\n${both}`);
  return { stdout: stdout().replace(/\n$/, ""), stderr: stderr().replace(/\n$/, "") };
}

/** Waits for the child. Returns Go's description of a failure, undefined for success. */
function ended(child: ChildProcess, what: Run, file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => resolve(startProblem(error, what, file)));
    child.on("close", (code, signal) => {
      if (signal !== null) resolve(`signal: ${signalNames[signal] ?? signal}`);
      else resolve(code === 0 ? undefined : `exit status ${code}`);
    });
  });
}

const signalNames: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
  SIGSEGV: "segmentation fault",
  SIGABRT: "aborted",
  SIGPIPE: "broken pipe",
};

function startProblem(error: NodeJS.ErrnoException, what: Run, file: string): string {
  const words: Readonly<Record<string, string>> = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    E2BIG: "argument list too long",
    ENOTDIR: "not a directory",
  };
  const reason = words[error.code ?? ""] ?? error.message;
  // Node reports a missing folder as a missing program; only the folder itself can tell.
  if (what.dir !== undefined && !existsSync(what.dir)) return `chdir ${what.dir}: ${reason}`;
  if (error.code === "ENOENT" && !file.includes("/"))
    return `exec: ${goQuote(file)}: executable file not found in $PATH`;
  return `fork/exec ${file}: ${reason}`;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    // SIGKILL as the real one: Go's exec.CommandContext gives no warning either.
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group has ended between the check and the signal.
  }
}

/** Go's `%q`. */
function goQuote(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, "\\x$1");
}
