// Another cluster.endpoint on a living cluster (docs/decisions/0019). Pure.
import type { LastRun } from "./reached.ts";

/** What the control planes have to know beside the endpoint itself. */
export interface EndpointHistory {
  /** The endpoint that the last finished run left, where this one moves it, e.g. `https://192.0.2.10:6443`. */
  readonly from?: string;
  /** Who has signed the tokens of service accounts so far, where it is not the endpoint: the first endpoint of all. */
  readonly tokenIssuer?: string;
}

/** What came before an endpoint. Empty for a cluster whose endpoint has never moved. */
export function endpointHistory(lastRun: LastRun, endpoint: string): EndpointHistory {
  const before = lastRun.endpoint;
  const from = before === undefined || isSameEndpoint(before, endpoint) ? undefined : before;
  const issuer = lastRun.versions.tokenIssuer ?? from;
  return {
    ...(from === undefined ? {} : { from }),
    // Back at the first one nothing has to be said any more.
    ...(issuer === undefined || isSameEndpoint(issuer, endpoint) ? {} : { tokenIssuer: issuer }),
  };
}

/** Whether two URLs are the same endpoint, e.g. with and without a slash at the end. */
export function isSameEndpoint(one: string, other: string): boolean {
  return new URL(one).href === new URL(other).href;
}
