// Watching until something has ended.
import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds between two looks. */
const intervalMs = 1_000;

/**
 * Looks again and again until a look says that it is the last one, or the time is over. A look that fails is one that saw
 * nothing: controllers and API servers restart.
 * @returns whether it ended before the time was over
 */
export async function watchUntil(
  end: number,
  signal: AbortSignal,
  look: () => Promise<boolean>,
): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted();
    if (await look().catch(() => false)) return true;
    if (Date.now() >= end) return false;
    await delay(intervalMs, undefined, { signal });
  }
}
