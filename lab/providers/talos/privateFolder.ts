// A folder for secrets that talosctl wants as files: in memory where there is one, readable by nobody else, gone on
// every exit. One that a killed process left behind is removed by the next.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const base = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const prefix = "home-ops-talos-provider-";

/** Files that live as long as this process at most. */
export class PrivateFolder {
  readonly #root: string;
  #files = 0;

  constructor() {
    removeLeftovers();
    this.#root = mkdtempSync(join(base, `${prefix}${process.pid}-`));
  }

  /** Writes a file (mode 0600) and hands its path to `use`; removes it afterwards, whatever happens. */
  async with<T>(contents: readonly string[], use: (paths: readonly string[]) => Promise<T>): Promise<T> {
    const folder = join(this.#root, String(this.#files++));
    mkdirSync(folder, { mode: 0o700 });
    try {
      const paths = contents.map((text, index) => {
        const path = join(folder, `${index}.yaml`);
        writeFileSync(path, text, { mode: 0o600 });
        return path;
      });
      return await use(paths);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Removes the folder and all in it. */
  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function removeLeftovers(): void {
  for (const name of readdirSync(base)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split("-")[0]) : Number.NaN;
    if (!Number.isInteger(pid) || alive(pid)) continue;
    // Another user's leftovers are not ours to remove, and not readable to us either.
    try {
      rmSync(join(base, name), { recursive: true, force: true });
    } catch {
      continue;
    }
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
