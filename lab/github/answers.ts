// The forms of GitHub's answers: bodies of errors, headers, objects. Source: docs.github.com/rest, API version 2022-11-28.
import { createHash, randomBytes } from "node:crypto";

/** An answer before it is sent. `body` undefined: no content. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const documentation = "https://docs.github.com/rest";

/** An error as GitHub words it. `page` is the part of the documentation's address after `/rest`. */
export function failure(
  status: number,
  message: string,
  page = "",
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = { message, documentation_url: `${documentation}${page}`, status: String(status) };
  return { status, body, headers };
}

/** One mistake in a request's body. */
export interface FieldError {
  readonly resource: string;
  readonly code: string;
  readonly field?: string;
  readonly message?: string;
}

/** 422 for a body that GitHub does not take. */
export function invalid(message: string, errors: readonly FieldError[], page: string, status = 422): Answer {
  const { body } = failure(status, message, page) as { body: object };
  return { status, body: errors.length === 0 ? body : { ...body, errors } };
}

/** Pages of the documentation that errors point to. */
export const pages = {
  repository: "/repos/repos#get-a-repository",
  organization: "/orgs/orgs#get-an-organization",
  user: "/users/users#get-the-authenticated-user",
  listKeys: "/deploy-keys/deploy-keys#list-deploy-keys",
  getKey: "/deploy-keys/deploy-keys#get-a-deploy-key",
  createKey: "/deploy-keys/deploy-keys#create-a-deploy-key",
  deleteKey: "/deploy-keys/deploy-keys#delete-a-deploy-key",
  listHooks: "/repos/webhooks#list-repository-webhooks",
  getHook: "/repos/webhooks#get-a-repository-webhook",
  createHook: "/repos/webhooks#create-a-repository-webhook",
  changeHook: "/repos/webhooks#update-a-repository-webhook",
  deleteHook: "/repos/webhooks#delete-a-repository-webhook",
  listStatuses: "/commits/statuses#list-commit-statuses-for-a-reference",
  createStatus: "/commits/statuses#create-a-commit-status",
  rateLimit: "/overview/rate-limits-for-the-rest-api",
} as const;

/** A user: the owner of the lab's repositories. */
export function userBody(api: string, login: string): Readonly<Record<string, unknown>> {
  return {
    login,
    id: numberOf(login),
    node_id: Buffer.from(`04:User${String(numberOf(login))}`).toString("base64"),
    url: `${api}/users/${login}`,
    html_url: `${api.replace(/\/api\/v3$/, "")}/${login}`,
    type: "User",
    site_admin: false,
  };
}

/** A repository. `permissions` is there for a token only. */
export function repositoryBody(
  api: string,
  owner: string,
  name: string,
  sshUrl: string,
  permissions: Readonly<Record<string, boolean>> | undefined,
): unknown {
  return {
    id: numberOf(`${owner}/${name}`),
    name,
    full_name: `${owner}/${name}`,
    private: true,
    visibility: "private",
    owner: userBody(api, owner),
    html_url: `${api.replace(/\/api\/v3$/, "")}/${owner}/${name}`,
    url: `${api}/repos/${owner}/${name}`,
    ssh_url: sshUrl,
    default_branch: "main",
    archived: false,
    disabled: false,
    fork: false,
    ...(permissions === undefined ? {} : { permissions }),
  };
}

/** Headers of every answer. */
export function commonHeaders(limit: {
  remaining: number;
  resetsAt: number;
}): Readonly<Record<string, string>> {
  return {
    server: "GitHub.com",
    "x-github-request-id": randomBytes(16)
      .toString("hex")
      .toUpperCase()
      .replace(/^(.{4})(.{6})(.{6})(.{6}).*/, "$1:$2:$3:$4"),
    "x-github-media-type": "github.v3; format=json",
    "x-github-api-version-selected": "2022-11-28",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": String(limit.remaining),
    "x-ratelimit-used": String(5000 - limit.remaining),
    "x-ratelimit-reset": String(limit.resetsAt),
    "x-ratelimit-resource": "core",
    "access-control-allow-origin": "*",
    "cache-control": "private, max-age=60, s-maxage=60",
    vary: "Accept, Authorization, Cookie, X-GitHub-OTP",
  };
}

/** Weak entity tag of a body. */
export function entityTag(body: string): string {
  return `W/"${createHash("sha256").update(body).digest("hex")}"`;
}

/** `Link` header of a page, e.g. `<…&page=2>; rel="next", <…&page=3>; rel="last"`. Undefined when one page holds all. */
export function linkHeader(url: URL, page: number, lastPage: number): string | undefined {
  if (lastPage <= 1) return undefined;
  const link = (to: number, relation: string): string => {
    const target = new URL(url);
    target.searchParams.set("page", String(to));
    return `<${target.href}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, "prev")] : []),
    ...(page < lastPage ? [link(page + 1, "next"), link(lastPage, "last")] : []),
    ...(page > 1 ? [link(1, "first")] : []),
  ];
  return links.join(", ");
}

/** A number that stays the same for a name: ids of users and repositories. */
function numberOf(name: string): number {
  return createHash("sha256").update(name).digest().readUIntBE(0, 4);
}
