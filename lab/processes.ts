// The lab's child processes: one log file each, a readiness probe, restarts, and no survivors. A child dies with the
// supervisor however that one dies: on Linux the kernel sees to it (setpriv --pdeathsig), so that a killed lab leaves
// nothing behind that holds an address.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** What to run and when it counts as running. */
export interface ProcessOptions {
  /** Name for people, e.g. `k8s-1 kube-apiserver`. */
  readonly name: string;
  /** Absolute path of the program. */
  readonly command: string;
  /** Arguments; never a secret, they are readable for everybody. */
  readonly args: readonly string[];
  /** Environment on top of a bare PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard output and error are appended here (0600). */
  readonly logFile: string;
  /** Start it again when it ends by itself, with growing pauses up to five seconds. Default false. */
  readonly restart?: boolean;
  /** Looks whether it is ready; called until it says so. Ready at once when not given. */
  readonly ready?: () => Promise<boolean>;
  /** Milliseconds until giving up on `ready`. Default 60000. */
  readonly readyTimeoutMs?: number;
  /** Ends the wait for `ready`, and then the process. */
  readonly signal?: AbortSignal | undefined;
}

const stopTimeoutMs = 10_000;
const longestPauseMs = 5_000;

/** Starts a process and waits until it is ready. @throws Error with the end of its log when it never is */
export async function startProcess(options: ProcessOptions): Promise<ManagedProcess> {
  const managed = new ManagedProcess(options);
  try {
    await managed.waitReady();
  } catch (error) {
    await managed.stop();
    throw error;
  }
  return managed;
}

/** A running child process. */
export class ManagedProcess {
  readonly #options: ProcessOptions;
  #child: ChildProcess;
  #stopping = false;
  #restarts = 0;
  #ended: (code: number | null) => void = () => undefined;
  /** Resolves with the exit code when it has ended for good: stopped, or not to be restarted. */
  readonly exited: Promise<number | null>;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.exited = new Promise((resolve) => (this.#ended = resolve));
    this.#child = this.#spawn();
  }

  /** Process id; undefined while it is not running. */
  get pid(): number | undefined {
    return this.running ? this.#child.pid : undefined;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  /** How often it ended by itself and was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Waits for the readiness probe. */
  async waitReady(): Promise<void> {
    const { ready, readyTimeoutMs = 60_000, name, signal } = this.#options;
    const end = Date.now() + readyTimeoutMs;
    while (ready !== undefined && !(await ready().catch(() => false))) {
      signal?.throwIfAborted();
      if (!this.running && this.#options.restart !== true)
        throw new Error(`${name} ended: ${this.#logTail()}`);
      if (Date.now() > end)
        throw new Error(`${name} is not ready after ${String(readyTimeoutMs / 1000)} s: ${this.#logTail()}`);
      await delay(100);
    }
  }

  /** Ends it, by force after ten seconds, and waits until it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (!this.running) {
      this.#ended(this.#child.exitCode);
      return;
    }
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), stopTimeoutMs);
    await this.exited;
    clearTimeout(force);
  }

  #spawn(): ChildProcess {
    const { command, args, env, cwd, logFile } = this.#options;
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, "a", 0o600);
    const [program, ...rest] = dyingWithParent(command, args);
    const child = spawn(program, rest, {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/", ...env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    child.once("error", () => {
      this.#onExit(null);
    });
    child.once("exit", (code) => {
      this.#onExit(code);
    });
    return child;
  }

  #onExit(code: number | null): void {
    if (this.#stopping || this.#options.restart !== true) {
      this.#ended(code);
      return;
    }
    this.#restarts += 1;
    const pause = Math.min(200 * 2 ** this.#restarts, longestPauseMs);
    setTimeout(() => {
      if (this.#stopping) this.#ended(code);
      else this.#child = this.#spawn();
    }, pause);
  }

  #logTail(): string {
    if (!existsSync(this.#options.logFile)) return "it wrote no log";
    return readFileSync(this.#options.logFile, "utf8").trimEnd().split("\n").slice(-5).join("\n");
  }
}

const setpriv = process.platform === "linux" && spawnSync("setpriv", ["--version"]).status === 0;

function dyingWithParent(command: string, args: readonly string[]): [string, ...string[]] {
  return setpriv ? ["setpriv", "--pdeathsig", "KILL", "--", command, ...args] : [command, ...args];
}
