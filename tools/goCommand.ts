// Runs the go command so that it does the same whatever the user has set for their own work.
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { finished } from "node:stream/promises";
import { dirname } from "node:path";
import type { Environment } from "./cache.ts";

/** Lines of the compiler's output that go into an error. */
const shownLines = 15;

const architectures: Readonly<Record<string, string>> = { x64: "amd64" };

/** The environment for go: the user's caches and proxy settings, but not their flags, workspace or target. */
function goEnvironment(env: Environment): NodeJS.ProcessEnv {
  return {
    ...env,
    CGO_ENABLED: "0",
    // Not empty: an empty one lets the value of `go env -w` through.
    GOFLAGS: "-buildvcs=false",
    GOWORK: "off",
    GO111MODULE: "on",
    GOOS: process.platform,
    GOARCH: architectures[process.arch] ?? process.arch,
    GOEXPERIMENT: "",
  };
}

/** A command that failed, with the last lines it wrote. */
class CommandError extends Error {
  /** The last lines of the log. */
  readonly tail: string;

  constructor(reason: string, log: string) {
    const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-shownLines);
    const tail = lines.join("\n");
    super(`${reason}\n\n${tail.replace(/^/gm, "    ")}\n\nFull log: ${log}`);
    this.tail = tail;
  }
}

/** What to run. */
export interface CommandOptions {
  /** Used in errors, e.g. `building kwok (group kwok)`. */
  readonly what: string;
  readonly command: string;
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  /** File for everything that the command prints. */
  readonly log: string;
}

/**
 * Runs a command in a process group of its own, which ends with this process: on Ctrl-C a half-built program is of no use.
 * @throws CommandError when the command cannot be started or fails
 */
export async function runLogged(options: CommandOptions): Promise<void> {
  const { what, command, words, cwd, env, log } = options;
  mkdirSync(dirname(log), { recursive: true });
  const file = createWriteStream(log);
  const child = spawn(command, words, {
    cwd,
    env: goEnvironment(env),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  const release = endTogether(child);
  const reason = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      resolve(
        error.code === "ENOENT"
          ? `the program ${command} is not on PATH; install it (README.md)`
          : error.message,
      );
    });
    child.once("close", (status, signal) => {
      if (status === 0) resolve(undefined);
      else resolve(signal === null ? `exit status ${status}` : `ended by ${signal}`);
    });
  });
  release();
  file.end();
  await finished(file);
  if (reason !== undefined) throw new CommandError(`${what} failed: ${reason}`, log);
}

/** Ends the child's whole process group when this process is told to end. Returns how to stop watching. */
function endTogether(child: ChildProcess): () => void {
  const kill = (): void => {
    if (child.pid === undefined || child.exitCode !== null) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    kill();
    release();
    // Somebody else may listen too and decide what happens; without them the signal does what it always does.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const release = (): void => {
    process.off("exit", kill);
    for (const signal of signals) process.off(signal, onSignal);
  };
  process.on("exit", kill);
  for (const signal of signals) process.on(signal, onSignal);
  return release;
}
