// The lock of a stack in a file backend. A killed engine leaves it behind; it names the process that took it.
// Source: pulumi/pulumi pkg/backend/diy/lock.go.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError, pulumi } from "./pulumi.ts";

interface Lock {
  readonly pid: number;
  readonly hostname: string;
  readonly username: string;
  readonly timestamp: string;
}

/**
 * Removes the lock of a process that no longer lives.
 * @returns what it did, one line each
 * @throws CommandError when the process lives, or the lock is another computer's
 */
export function freeLock(stack: string, project: string): readonly string[] {
  const folder = lockFolder(stack, project);
  if (folder === undefined || !existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => free(stack, join(folder, file)));
}

/** Where a file backend keeps the locks of a stack; undefined for other backends, which have `pulumi cancel`. */
function lockFolder(stack: string, project: string): string | undefined {
  const { url } = JSON.parse(pulumi(["whoami", "--json", "--verbose"])) as { url?: string };
  if (url?.startsWith("file://") !== true) return undefined;
  const path = url.startsWith("file://~")
    ? join(homedir(), url.slice("file://~".length))
    : fileURLToPath(url);
  return join(path, ".pulumi", "locks", "organization", project, stack);
}

function free(stack: string, file: string): string {
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
  const holder = `process ${String(lock.pid)} of ${lock.username} on ${lock.hostname}, since ${lock.timestamp}`;
  if (lock.hostname !== hostname())
    throw new CommandError(
      `stack ${stack} is locked by ${holder}\n  → if that computer is not running pulumi: pulumi cancel`,
    );
  if (isPulumi(lock.pid))
    throw new CommandError(
      `stack ${stack} is locked by ${holder}, which is running\n  → wait for it, or stop it`,
    );
  rmSync(file);
  return `freed the stack's lock (${holder}: gone)`;
}

/** Process numbers are used again, so the name counts as well where the system shows it. */
function isPulumi(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const name = `/proc/${String(pid)}/comm`;
  return !existsSync(name) || readFileSync(name, "utf8").startsWith("pulumi");
}
