// Tools such as talosctl, sops and ssh read keys from files only. Those files live here: in memory where the system has
// a file system in memory, readable for the owner alone, one folder per process, gone with the process.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "home-ops-step-";

function parent(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Removes the folders of processes that were killed before they could do it themselves. */
export function removeAbandonedFolders(folder: string = parent()): void {
  for (const entry of readdirSync(folder)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(entry)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(folder, entry), { recursive: true, force: true });
  }
}

/** A folder for this process' secret files (0700, files 0600), removed when the process exits. */
export class PrivateFolder {
  readonly #path: string;

  constructor() {
    removeAbandonedFolders();
    this.#path = mkdtempSync(join(parent(), `${prefix}${process.pid}-`));
    process.once("exit", () => {
      this.remove();
    });
  }

  /** The folder itself, for programs that choose their files' names. */
  get path(): string {
    return this.#path;
  }

  /** Writes a secret file and returns its path. */
  write(name: string, content: string): string {
    mkdirSync(this.#path, { recursive: true, mode: 0o700 });
    const path = join(this.#path, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** Removes the folder and everything in it. Harmless when it is gone. */
  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
