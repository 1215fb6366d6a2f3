// What a killed engine leaves in the folder of a file backend; other backends look after themselves.
// Source: pulumi/pulumi pkg/backend/diy (lock.go), gocloud.dev blob/fileblob (attrs.go).
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { StepError } from "../../src/steps/stepError.ts";
import { pulumi } from "../pulumi/cli.ts";

const goneWithinMs = 2_000;

/** The files with an ending in a folder of the backend; none for another backend. */
function filesIn(ending: string, ...folder: readonly string[]): readonly string[] {
  const { url } = JSON.parse(pulumi(["whoami", "--json", "--verbose"])) as { url?: string };
  if (url?.startsWith("file://") !== true) return [];
  const path = url.startsWith("file://~")
    ? join(homedir(), url.slice("file://~".length))
    : fileURLToPath(url);
  const place = join(path, ".pulumi", ...folder);
  if (!existsSync(place)) return [];
  const names = readdirSync(place).filter((name) => name.endsWith(ending));
  return names.map((name) => join(place, name));
}

/**
 * Removes the attributes of the project's state files that are no JSON. The engine replaces its state file whole, but beside each
 * file lies `<file>.attrs` with its content type and checksum, and that one is written in place: cut off, it makes pulumi
 * refuse the good file with "failed to load checkpoint: EOF". Without it pulumi takes the file as it is.
 */
export function removeBrokenAttributes(project: string): readonly string[] {
  const broken = filesIn(".attrs", "stacks", project).filter((file) => !isJson(file));
  return broken.map((file) => {
    rmSync(file);
    return `removed ${basename(file)}, which was cut off; the state beside it is whole`;
  });
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

interface Lock {
  readonly pid: number;
  readonly hostname: string;
  readonly username: string;
  readonly timestamp: string;
}

/** Removes the lock of a process that no longer lives. @throws StepError when it lives, or the lock is another computer's */
export async function freeLock(stack: string, project: string): Promise<readonly string[]> {
  const files = filesIn(".json", "locks", "organization", project, stack);
  return Promise.all(files.map((file) => free(stack, file)));
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
