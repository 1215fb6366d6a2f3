// What all calls share.
import { linkHeader, type Answer } from "./answers.ts";
import type { Deliveries } from "./deliveries.ts";

/** Permissions of a fine-grained token. */
export interface Rights {
  readonly administration: boolean;
  readonly webhooks: boolean;
  readonly statuses: boolean;
}

/** One call on its way to an answer. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  /** Path below the API's root without slashes around it, e.g. `repos/home/home-cluster/keys`. */
  readonly path: string;
  readonly body: Buffer;
  /** Base of all URLs in answers, e.g. `http://127.10.1.2:3080/api/v3`. */
  readonly api: string;
  /** Login of the token; undefined without one. */
  readonly login: string | undefined;
  readonly rights: Rights;
  readonly deliveries: Deliveries;
}

/** A call about a part of a repository that is there. */
export interface PartCall extends Call {
  readonly owner: string;
  readonly name: string;
  /** Path below the repository, e.g. `keys/7`. */
  readonly rest: string;
}

/** One page of a list, as the query asks for it. */
export function listAnswer(call: Call, items: readonly unknown[]): Answer {
  const number = (name: string, fallback: number): number => {
    const value = Number(call.url.searchParams.get(name) ?? fallback);
    return Number.isInteger(value) && value > 0 ? value : fallback;
  };
  const perPage = Math.min(number("per_page", 30), 100);
  const page = number("page", 1);
  const link = linkHeader(call.url, page, Math.ceil(items.length / perPage));
  return {
    status: 200,
    body: items.slice((page - 1) * perPage, page * perPage),
    headers: link === undefined ? {} : { link },
  };
}
