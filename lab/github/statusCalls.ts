// The calls about commit statuses, as far as Flux makes them: write one of a commit, list those of a commit.
import { failure, invalid, pages, userBody, type Answer } from "./answers.ts";
import type { GithubOptions } from "./options.ts";
import { listAnswer, type PartCall } from "./calls.ts";
import type { CommitStatus } from "./store.ts";

const states = ["error", "failure", "pending", "success"];

/** Answers a call whose path is `statuses/{sha}` or `commits/{sha}/statuses`. */
export function answerStatuses(options: GithubOptions, call: PartCall): Answer {
  const { method, owner, name, rest } = call;
  const sha =
    /^(?:statuses\/([0-9a-f]+)|commits\/([^/]+)\/statuses)$/.exec(rest)?.slice(1).find(Boolean) ?? "";
  if (method === "GET" && rest.startsWith("commits/"))
    return listAnswer(
      call,
      options.store
        .statuses()
        .filter((one) => one.owner === owner && one.repository === name && one.sha === sha)
        .map((one) => statusBody(call, one)),
    );
  if (method !== "POST" || !rest.startsWith("statuses/")) return failure(404, "Not Found");
  // A commit's id has 40 digits; what it stands for is not looked up.
  if (sha.length !== 40) return invalid(`No commit found for SHA: ${sha}`, [], pages.createStatus);
  return add(options, call, sha);
}

function add(options: GithubOptions, call: PartCall, sha: string): Answer {
  let wanted: Readonly<Record<string, unknown>>;
  try {
    wanted = JSON.parse(call.body.toString("utf8")) as typeof wanted;
  } catch {
    return failure(400, "Problems parsing JSON", pages.createStatus);
  }
  const text = (key: string, fallback: string): string =>
    typeof wanted[key] === "string" ? wanted[key] : fallback;
  const state = text("state", "");
  if (!states.includes(state)) {
    const error = {
      resource: "Status",
      code: "custom",
      field: "state",
      message: "state is not included in the list",
    };
    return invalid("Validation Failed", [error], pages.createStatus);
  }
  const { owner, name: repository } = call;
  const added = options.store.addStatus({
    owner,
    repository,
    sha,
    state,
    context: text("context", "default"),
    description: text("description", "").slice(0, 140),
    targetUrl: text("target_url", ""),
  });
  return { status: 201, body: statusBody(call, added) };
}

function statusBody({ api, owner, name }: PartCall, status: CommitStatus): unknown {
  return {
    url: `${api}/repos/${owner}/${name}/statuses/${status.sha}`,
    id: status.id,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator: userBody(api, owner),
  };
}
