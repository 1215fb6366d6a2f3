// The lock of a stack in a file backend. A killed engine leaves it behind; it names the process that took it.
// Source: pulumi/pulumi pkg/backend/diy/lock.go.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileBackend } from "./backend.ts";
import { StepError } from "../../src/steps/stepError.ts";

const goneWithinMs = 2_000;

interface Lock {
  readonly pid: number;
  readonly hostname: string;
  readonly username: string;
  readonly timestamp: string;
}

/**
 * Removes the lock of a process that no longer lives.
 * @returns what it did, one line each
 * @throws StepError when the process lives, or the lock is another computer's
 */
export async function freeLock(stack: string, project: string): Promise<readonly string[]> {
  const backend = fileBackend();
  if (backend === undefined) return [];
  const folder = join(backend, "locks", "organization", project, stack);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return Promise.all(files.map((file) => free(stack, join(folder, file))));
}

async function free(stack: string, file: string): Promise<string> {
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
  const holder = `process ${String(lock.pid)} of ${lock.username} on ${lock.hostname}, since ${lock.timestamp}`;
  if (lock.hostname !== hostname())
    throw new StepError(
      `stack ${stack} is locked by ${holder}`,
      "if that computer is not running pulumi: pulumi cancel",
    );
  if (!(await isGone(lock.pid)))
    throw new StepError(`stack ${stack} is locked by ${holder}, which is running`, "wait for it, or stop it");
  rmSync(file);
  return `freed the stack's lock (${holder}: gone)`;
}

/** A process that has just been killed takes a moment to go. */
async function isGone(pid: number): Promise<boolean> {
  const end = Date.now() + goneWithinMs;
  while (Date.now() < end) {
    if (!isPulumi(pid)) return true;
    await delay(50);
  }
  return false;
}

/** Process numbers are used again, so the name counts as well; a zombie only waits to be counted. Source: proc(5). */
function isPulumi(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const file = `/proc/${String(pid)}/stat`;
  if (!existsSync(file)) return true;
  const [, name = "", state = ""] = /\((.*)\) (.)/.exec(readFileSync(file, "utf8")) ?? [];
  return name.startsWith("pulumi") && !"ZX".includes(state);
}
