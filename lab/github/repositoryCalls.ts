// The calls below `repos/{owner}/{name}`: the repository itself and its deploy keys.
import { failure, invalidKey, keyBody, linkHeader, pages, repositoryBody, type Answer } from "./answers.ts";
import type { Call, GithubOptions } from "./api.ts";
import type { DeployKey } from "./store.ts";

/** Answers a call whose path begins with `repos/`. */
export function answerRepository(options: GithubOptions, call: Call): Answer {
  const [, owner, name, rest] = /^repos\/([^/]+)\/([^/]+)(?:\/(.*))?$/.exec(call.path) ?? [];
  // A private repository does not exist for somebody without a token.
  if (owner === undefined || name === undefined || call.login === undefined)
    return failure(404, "Not Found", pages.repository);
  if (!options.repositories.exists(owner, name)) return failure(404, "Not Found", pageOf(call, rest));
  if (rest === undefined && call.method === "GET") {
    const { administration: admin } = call;
    const permissions = { admin, maintain: admin, push: true, triage: true, pull: true };
    const sshUrl = options.repositories.sshUrl(owner, name);
    return { status: 200, body: repositoryBody(call.api, owner, name, sshUrl, permissions) };
  }
  const [, id] = /^keys(?:\/(\d+))?$/.exec(rest ?? "") ?? [];
  if (rest !== "keys" && id === undefined) return failure(404, "Not Found");
  if (!call.administration)
    return failure(403, "Resource not accessible by personal access token", pageOf(call, rest), {
      "x-accepted-github-permissions": call.method === "GET" ? "administration=read" : "administration=write",
    });
  const keys = options.store.keys().filter((key) => key.owner === owner && key.repository === name);
  if (id === undefined) {
    if (call.method === "GET") return listKeys(call, keys);
    if (call.method === "POST") return addKey(options, call, owner, name);
  } else if (call.method === "GET") {
    const key = keys.find((candidate) => candidate.id === Number(id));
    return key === undefined
      ? failure(404, "Not Found", pages.getKey)
      : { status: 200, body: keyBody(call.api, key) };
  } else if (call.method === "DELETE") {
    return options.store.remove(owner, name, Number(id))
      ? { status: 204 }
      : failure(404, "Not Found", pages.deleteKey);
  }
  return failure(404, "Not Found");
}

function listKeys(call: Call, keys: readonly DeployKey[]): Answer {
  const number = (name: string, fallback: number): number => {
    const value = Number(call.url.searchParams.get(name) ?? fallback);
    return Number.isInteger(value) && value > 0 ? value : fallback;
  };
  const perPage = Math.min(number("per_page", 30), 100);
  const page = number("page", 1);
  const shown = keys.slice((page - 1) * perPage, page * perPage);
  const link = linkHeader(call.url, page, Math.ceil(keys.length / perPage));
  return {
    status: 200,
    body: shown.map((key) => keyBody(call.api, key)),
    headers: link === undefined ? {} : { link },
  };
}

function addKey(options: GithubOptions, call: Call, owner: string, repository: string): Answer {
  let wanted: { key?: unknown; title?: unknown; read_only?: unknown };
  try {
    wanted = JSON.parse(call.body.toString("utf8")) as typeof wanted;
  } catch {
    return failure(400, "Problems parsing JSON", pages.createKey);
  }
  if (typeof wanted.key !== "string") return invalidKey("key can't be blank");
  const title =
    typeof wanted.title === "string" && wanted.title !== "" ? wanted.title : wanted.key.slice(0, 40);
  // As on GitHub, a key may write unless the caller says otherwise.
  const readOnly = wanted.read_only === true;
  const added = options.store.add({
    owner,
    repository,
    title,
    key: wanted.key,
    readOnly,
    addedBy: options.login,
  });
  if (typeof added === "string") return invalidKey(added);
  const body = keyBody(call.api, added);
  return { status: 201, body, headers: { location: (body as { url: string }).url } };
}

function pageOf(call: Call, rest: string | undefined): string {
  if (rest === undefined) return pages.repository;
  if (call.method === "POST") return pages.createKey;
  if (call.method === "DELETE") return pages.deleteKey;
  return rest === "keys" ? pages.listKeys : pages.getKey;
}
