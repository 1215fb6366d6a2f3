// What the calls about the parts of a repository share.
import { linkHeader, type Answer } from "./answers.ts";
import type { Call } from "./api.ts";

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
