// The calls about deploy keys: `repos/{owner}/{name}/keys`.
import { failure, invalid, pages, type Answer } from "./answers.ts";
import type { GithubOptions } from "./options.ts";
import { listAnswer, type PartCall } from "./calls.ts";
import type { DeployKey } from "./store.ts";

/** Answers a call whose path is `keys` or `keys/{id}`. */
export function answerKeys(options: GithubOptions, call: PartCall): Answer {
  const { owner, name } = call;
  const [, id] = /^keys\/(\d+)$/.exec(call.rest) ?? [];
  const keys = options.store.keys().filter((key) => key.owner === owner && key.repository === name);
  if (id === undefined) {
    if (call.method === "GET")
      return listAnswer(
        call,
        keys.map((key) => keyBody(call.api, key)),
      );
    if (call.method === "POST") return addKey(options, call);
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

function addKey(options: GithubOptions, call: PartCall): Answer {
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
  const { owner, name: repository } = call;
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

function invalidKey(message: string): Answer {
  const errors = [{ resource: "PublicKey", code: "custom", field: "key", message }];
  return invalid("Validation Failed", errors, pages.createKey);
}

/** A deploy key. @param api base of the REST API, e.g. `http://127.10.1.2:3080/api/v3` */
function keyBody(api: string, key: DeployKey): unknown {
  return {
    id: key.id,
    key: key.key,
    url: `${api}/repos/${key.owner}/${key.repository}/keys/${String(key.id)}`,
    title: key.title,
    verified: true,
    created_at: key.createdAt,
    read_only: key.readOnly,
    added_by: key.addedBy,
    last_used: null,
    enabled: true,
  };
}
