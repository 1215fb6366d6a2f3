// Tells people what is being built, how long it takes and how long it will take. On a terminal one line that changes,
// elsewhere (CI, a pipe) plain lines with one every minute.
const terminalMs = 1000;
const plainMs = 60_000;

/** A stream to write to, e.g. `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** `3 min 15 s`, `45 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Something that is to be made, and how long that takes. */
export interface Work {
  readonly key: string;
  /** Expected seconds. */
  readonly seconds: number;
}

/** Progress of several things that are made one after the other. */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #work: readonly Work[];
  readonly #started = Date.now();
  #done = 0;

  constructor(stream: ProgressStream, work: readonly Work[]) {
    this.#stream = stream;
    this.#work = work;
  }

  /** A line that stays. */
  line(text: string): void {
    this.#stream.write(`${this.#stream.isTTY === true ? "\r\u001b[K" : ""}${text}\n`);
  }

  /** Runs one piece of work and reports on it. */
  async during<T>(work: Work, make: () => Promise<T>): Promise<T> {
    const started = Date.now();
    const timer = setInterval(
      () => this.#tick(work, started),
      this.#stream.isTTY === true ? terminalMs : plainMs,
    );
    const position = `[${this.#done + 1}/${this.#work.length}] ${work.key}`;
    if (this.#stream.isTTY === true) this.#tick(work, started);
    else this.line(`${position}: expected ${duration(work.seconds)}`);
    try {
      const result = await make();
      this.line(`${position}: done in ${duration((Date.now() - started) / 1000)}`);
      return result;
    } catch (error) {
      this.line(`${position}: failed after ${duration((Date.now() - started) / 1000)}`);
      throw error;
    } finally {
      clearInterval(timer);
      this.#done += 1;
    }
  }

  #tick(work: Work, started: number): void {
    const now = Date.now();
    const all = this.#work.reduce((sum, { seconds }) => sum + seconds, 0);
    const elapsed = `${duration((now - started) / 1000)} of about ${duration(work.seconds)}`;
    const total = `${duration((now - this.#started) / 1000)} of about ${duration(all)} in all`;
    const text = `[${this.#done + 1}/${this.#work.length}] ${work.key}: ${elapsed}; ${total}`;
    if (this.#stream.isTTY === true) {
      // A line that wraps could not be rewritten.
      this.#stream.write(`\r\u001b[K${text.slice(0, (this.#stream.columns ?? 80) - 1)}`);
    } else this.line(text);
  }
}
