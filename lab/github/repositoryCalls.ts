// The calls below `repos/{owner}/{name}`: the repository itself, and which of its parts each other call is about.
import { failure, pages, repositoryBody, type Answer } from "./answers.ts";
import type { Call, PartCall, Rights } from "./calls.ts";
import { answerKeys } from "./keyCalls.ts";
import type { GithubOptions } from "./options.ts";
import { answerStatuses } from "./statusCalls.ts";
import { answerWebhooks } from "./webhookCalls.ts";

/** A part of a repository, with the permission that it needs. */
interface Part {
  readonly path: RegExp;
  readonly right: keyof Rights;
  /** Name of the permission in GitHub's header. */
  readonly permission: string;
  readonly answer: (options: GithubOptions, call: PartCall) => Answer;
  /** Page of the documentation that errors point to. */
  readonly page: (call: PartCall) => string;
}

const parts: readonly Part[] = [
  {
    path: /^keys(?:\/\d+)?$/,
    right: "administration",
    permission: "administration",
    answer: answerKeys,
    page: (call) =>
      pageOf(call, {
        list: pages.listKeys,
        get: pages.getKey,
        POST: pages.createKey,
        DELETE: pages.deleteKey,
      }),
  },
  {
    path: /^hooks(?:\/\d+)?$/,
    right: "webhooks",
    permission: "repository_hooks",
    answer: answerWebhooks,
    page: (call) =>
      pageOf(call, {
        list: pages.listHooks,
        get: pages.getHook,
        POST: pages.createHook,
        PATCH: pages.changeHook,
        DELETE: pages.deleteHook,
      }),
  },
  {
    path: /^(?:statuses\/[0-9a-f]+|commits\/[^/]+\/statuses)$/,
    right: "statuses",
    permission: "statuses",
    answer: answerStatuses,
    page: (call) =>
      pageOf(call, { list: pages.listStatuses, get: pages.listStatuses, POST: pages.createStatus }),
  },
];

/** Answers a call whose path begins with `repos/`. */
export function answerRepository(options: GithubOptions, call: Call): Answer {
  const [, owner, name, rest = ""] = /^repos\/([^/]+)\/([^/]+)(?:\/(.*))?$/.exec(call.path) ?? [];
  // A private repository does not exist for somebody without a token.
  if (owner === undefined || name === undefined || call.login === undefined)
    return failure(404, "Not Found", pages.repository);
  const part = parts.find(({ path }) => path.test(rest));
  const partCall: PartCall = { ...call, owner, name, rest };
  const page = part?.page(partCall) ?? (rest === "" ? pages.repository : "");
  if (!options.repositories.exists(owner, name)) return failure(404, "Not Found", page);
  if (rest === "" && call.method === "GET") {
    const { administration: admin } = call.rights;
    const permissions = { admin, maintain: admin, push: true, triage: true, pull: true };
    const sshUrl = options.repositories.sshUrl(owner, name);
    return { status: 200, body: repositoryBody(call.api, owner, name, sshUrl, permissions) };
  }
  if (part === undefined) return failure(404, "Not Found");
  if (!call.rights[part.right])
    return failure(403, "Resource not accessible by personal access token", page, {
      "x-accepted-github-permissions": `${part.permission}=${call.method === "GET" ? "read" : "write"}`,
    });
  return part.answer(options, partCall);
}

function pageOf(
  { method, rest }: PartCall,
  known: Readonly<Partial<Record<string, string>>> & { readonly list: string; readonly get: string },
): string {
  return known[method] ?? (/\/\d+$/.test(rest) ? known.get : known.list);
}
