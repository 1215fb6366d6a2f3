// Hands items from a callback to an async iterator, until a signal ends it.

/** Items pushed from anywhere, read in order. */
export interface Queue<T> {
  readonly push: (item: T) => void;
  /** Ends when the signal fires. */
  readonly items: AsyncIterable<T>;
}

/** A queue that ends with `signal`. */
export function queue<T>(signal: AbortSignal): Queue<T> {
  const waiting: T[] = [];
  let wake = Promise.withResolvers<undefined>();
  signal.addEventListener("abort", () => {
    wake.resolve(undefined);
  });
  const read = async function* (): AsyncIterable<T> {
    while (!signal.aborted) {
      const item = waiting.shift();
      if (item !== undefined) {
        yield item;
        continue;
      }
      wake = Promise.withResolvers<undefined>();
      await wake.promise;
    }
  };
  return {
    push: (item) => {
      waiting.push(item);
      wake.resolve(undefined);
    },
    items: read(),
  };
}
