// A Kubernetes API server that is too busy says so, has not done what it was asked, and says when to ask again: for a moment
// after its start, while it reads its storage, and when it is overrun. Source: kubernetes/kubernetes, "storage is
// (re)initializing"; client-go asks again as well.
import { setTimeout as delay } from "node:timers/promises";
import { ApiException } from "@kubernetes/client-node";

const patienceMs = 30_000;

/**
 * Asks again while the API server is busy.
 * @param signal ends the waiting in between
 * @throws the last answer when that lasts for half a minute, any other at once
 */
export async function whenNotBusy<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      const pauseMs = askedToWait(error);
      if (pauseMs === undefined || Date.now() + pauseMs > end) throw error;
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

function askedToWait(error: unknown): number | undefined {
  if (!(error instanceof ApiException) || error.code !== 429) return undefined;
  // Without a time it is refused for good, e.g. by a disruption budget.
  const seconds = Number(error.headers["retry-after"]);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
