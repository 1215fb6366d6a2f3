// A machine's console: what `talosctl dmesg` and `talosctl logs machined` show, and what the lab's log folder keeps.
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** One line of the console. */
export interface LogLine {
  readonly at: Date;
  readonly text: string;
}

const capacity = 2000;

/** The console of one machine, over all its boots. Never give it anything secret. */
export class MachineLog {
  readonly #file: string;
  readonly #lines: LogLine[] = [];
  readonly #watchers = new Set<(line: LogLine) => void>();

  /** @param file absolute path, e.g. `.lab/lab/logs/k8s-1.log`; its folder is made if missing */
  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  /** Adds a line, as machined prints it behind `[talos] `. */
  write(text: string): void {
    const line = { at: new Date(), text };
    this.#lines.push(line);
    if (this.#lines.length > capacity) this.#lines.shift();
    appendFileSync(this.#file, `${line.at.toISOString()} [talos] ${text}\n`);
    for (const watcher of this.#watchers) watcher(line);
  }

  /** A reboot empties the kernel's ring buffer. */
  clear(): void {
    this.#lines.length = 0;
  }

  /** The lines so far, all or the last `tail`. */
  lines(tail?: number): readonly LogLine[] {
    return tail === undefined || tail < 0 ? [...this.#lines] : this.#lines.slice(this.#lines.length - tail);
  }

  /** Calls `watcher` for every new line. @returns ends that */
  watch(watcher: (line: LogLine) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
