// Tools such as talosctl, sops and ssh read keys from files only. Those files live here: in memory where the system has
// a file system in memory, readable for the owner alone, one folder per process, gone with the process.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "home-ops-step-";
const parent = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/**
 * The number of this process' PID namespace, e.g. `4026531836`; 0 where the system has none. The folder in memory may be shared
 * with containers, whose PIDs mean other processes.
 */
function namespace(): string {
  try {
    return /\d+/.exec(fs.readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Removes the folders of processes that were killed before they could do it themselves. Those of other users and of other PID
 * namespaces are left alone: nobody here can say whose they are.
 */
export function removeAbandonedFolders(folder: string = parent): void {
  const own = namespace();
  for (const entry of fs.readdirSync(folder)) {
    const [, pid, of = own] = new RegExp(`^${prefix}(\\d+)-(?:(\\d+)-)?`).exec(entry) ?? [];
    if (pid === undefined || of !== own || isAlive(Number(pid))) continue;
    try {
      const path = join(folder, entry);
      if (fs.lstatSync(path).uid === process.getuid?.()) fs.rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else has removed it meanwhile, or may do so.
    }
  }
}

/** A folder for this process' secret files (0700, files 0600), removed when the process exits. */
export class PrivateFolder {
  /** The folder itself, for programs that choose their files' names. */
  readonly path: string;

  constructor() {
    removeAbandonedFolders();
    this.path = fs.mkdtempSync(join(parent, `${prefix}${process.pid}-${namespace()}-`));
    process.once("exit", () => this.remove());
  }

  /** Writes a secret file and returns its path. */
  write(name: string, content: string): string {
    fs.mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const path = join(this.path, name);
    fs.writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** Removes the folder and everything in it. Harmless when it is gone. */
  remove(): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}
