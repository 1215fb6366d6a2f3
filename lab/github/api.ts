// The lab's GitHub: the REST calls that the GitHub provider and the program make, at /api/v3/ as an Enterprise server
// has them (what the provider does with a base URL that is not github.com), and without that prefix as api.github.com.
import type { IncomingMessage, ServerResponse } from "node:http";
import { httpServer, readBody } from "../proxy/http.ts";
import { listen } from "../proxy/listener.ts";
import { commonHeaders, entityTag, failure, pages, userBody, type Answer } from "./answers.ts";
import type { Call, Rights } from "./calls.ts";
import { Deliveries, type Push } from "./deliveries.ts";
import type { GithubOptions } from "./options.ts";
import { answerRepository } from "./repositoryCalls.ts";

/** What can be wrong with GitHub. `no-…`: the token is a fine-grained one without that permission. */
export type GithubFault = "401" | "5xx" | "rate-limit" | "no-administration" | "no-webhooks" | "down";

/** A running GitHub. */
export interface Github {
  stop(): Promise<void>;
  setFault(fault: GithubFault, on: boolean): Promise<void>;
  /** Slow link: milliseconds added to every piece of data. 0 = none. */
  setLatency(milliseconds: number): void;
  /** Tells the repository's webhooks of a branch or tag that somebody has pushed. Returns at once. */
  pushed(push: Push): void;
  /** For the stack config's `github.baseUrl`, e.g. `http://127.10.1.2:3080/`. */
  readonly baseUrl: string;
}

const hourlyLimit = 5000;

/** Starts it. */
export async function startGithub(options: GithubOptions): Promise<Github> {
  const { address, port, log } = options;
  const baseUrl = `http://${address}:${String(port)}/`;
  const faults = new Set<GithubFault>();
  const limit = { remaining: hourlyLimit, resetsAt: nextReset() };
  const api = `${baseUrl}api/v3`;
  const { store, send, repositories } = options;
  const deliveries = new Deliveries({ store, send, repositories, api, log });

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? "/", baseUrl);
    if (faults.has("5xx")) return failure(503, "Service Unavailable");
    if (request.headers["user-agent"] === undefined) return failure(403, userAgentNeeded);
    const given = tokenOf(request.headers.authorization);
    const rights = rightsOf(options, given, faults);
    if (rights === undefined || (given !== undefined && faults.has("401")))
      return failure(401, "Bad credentials");
    if (faults.has("rate-limit")) limit.remaining = 0;
    if (limit.remaining === 0) return rateLimited();
    limit.remaining--;
    return answerCall(options, {
      method: request.method === "HEAD" ? "GET" : (request.method ?? "GET"),
      url,
      path: url.pathname.replace(/^\/api\/v3(?=\/|$)/, "").replace(/^\/+|\/+$/g, ""),
      body: await readBody(request, 1024 * 1024),
      api,
      login: given === undefined ? undefined : options.login,
      rights,
      deliveries,
    });
  };

  const server = httpServer(async (request, response) => {
    if (Date.now() / 1000 >= limit.resetsAt)
      Object.assign(limit, { remaining: hourlyLimit, resetsAt: nextReset() });
    const { status, body, headers } = await answer(request);
    log(`${request.method ?? ""} ${request.url ?? ""} ${String(status)}`);
    deliver(request, response, { status, body, headers: { ...commonHeaders(limit), ...headers } });
  }, log);
  const listener = await listen({
    name: "GitHub",
    address,
    port,
    onConnection: (socket) => void server.emit("connection", socket),
  });

  return {
    baseUrl,
    stop: async () => {
      await deliveries.stop();
      await listener.stop();
    },
    pushed: (push) => {
      if (!faults.has("down")) deliveries.push(push);
    },
    setFault: async (fault, on) => {
      log(`fault ${fault} ${on ? "on" : "off"}`);
      if (on) faults.add(fault);
      else faults.delete(fault);
      if (fault === "down") await listener.setDown(on);
      if (fault === "rate-limit") limit.remaining = on ? 0 : hourlyLimit;
    },
    setLatency: (milliseconds) => {
      listener.setLatency(milliseconds);
    },
  };
}

/** What a token may do; undefined for a wrong one. Nobody without a token may do anything. */
function rightsOf(
  options: GithubOptions,
  given: string | undefined,
  faults: ReadonlySet<GithubFault>,
): Rights | undefined {
  const none = { administration: false, webhooks: false, statuses: false };
  if (given === undefined) return none;
  if (given === options.statusToken) return { ...none, statuses: true };
  if (given !== options.token) return undefined;
  const may = (right: "administration" | "webhooks"): boolean => !faults.has(`no-${right}`);
  return { ...none, administration: may("administration"), webhooks: may("webhooks") };
}

function answerCall(options: GithubOptions, call: Call): Answer {
  if (call.method === "GET" && call.path === "user")
    return call.login === undefined
      ? failure(401, "Requires authentication", pages.user)
      : { status: 200, body: userBody(call.api, call.login) };
  const [, organization] = /^orgs\/([^/]+)$/.exec(call.path) ?? [];
  if (call.method === "GET" && organization !== undefined)
    return options.organizations?.includes(organization) === true
      ? { status: 200, body: { ...userBody(call.api, organization), type: "Organization" } }
      : failure(404, "Not Found", pages.organization);
  if (call.path.startsWith("repos/")) return answerRepository(options, call);
  return failure(404, "Not Found");
}

const userAgentNeeded =
  "Request forbidden by administrative rules. Please make sure your request has a User-Agent header";

/** GitHub's primary rate limit: 403 with no requests remaining. */
function rateLimited(): Answer {
  return failure(
    403,
    "API rate limit exceeded for user ID 1. If you reach out to GitHub Support for help, please include the request ID.",
    pages.rateLimit,
  );
}

function tokenOf(header: string | undefined): string | undefined {
  const [, scheme, value] = /^(\S+)\s+(\S+)$/.exec(header ?? "") ?? [];
  if (value === undefined) return undefined;
  if (scheme?.toLowerCase() !== "basic") return value;
  // Basic: the token is the password, or the user name without one.
  const [user, password] = Buffer.from(value, "base64").toString("utf8").split(":");
  return password === undefined || password === "" ? user : password;
}

/** Full hours, in seconds since 1970. */
function nextReset(): number {
  return Math.floor(Date.now() / 1000) + 3600;
}

function deliver(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers = {} }: Answer,
): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  const text = JSON.stringify(body);
  const tag = entityTag(text);
  // The provider sends the tag of its state and keeps the state on 304.
  if (status === 200 && request.headers["if-none-match"] === tag) {
    response.writeHead(304, { ...headers, etag: tag }).end();
    return;
  }
  response.writeHead(status, {
    ...headers,
    ...(status === 200 ? { etag: tag } : {}),
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(request.method === "HEAD" ? undefined : text);
}
