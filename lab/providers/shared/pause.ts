// Waiting between two tries, which a cancellation ends at once.

/** Error of an operation that the engine cancelled. */
export class CancelledError extends Error {
  constructor() {
    super("context canceled");
  }
}

/**
 * Resolves after the given time.
 * @throws CancelledError as soon as the signal is aborted
 */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new CancelledError());
      return;
    }
    const end = (): void => {
      signal.removeEventListener("abort", cancel);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const cancel = (): void => {
      clearTimeout(timer);
      reject(new CancelledError());
    };
    signal.addEventListener("abort", cancel, { once: true });
  });
}
