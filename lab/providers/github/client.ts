// GitHub's REST API as the real provider uses it: one request after the other, a pause between writes, another try
// after a server error, waiting out rate limits, errors in go-github's words.
import { CancelledError, pause } from "../shared/pause.ts";
import type { GithubSettings } from "./settings.ts";

/** An answer with an error status. Its message is what go-github prints. */
export class GithubError extends Error {
  readonly status: number;
  constructor(method: string, url: string, status: number, body: ErrorBody) {
    super(`${method} ${url}: ${status} ${body.message ?? ""} ${goErrors(body.errors)}`);
    this.status = status;
  }
}

interface ErrorBody {
  readonly message?: string;
  readonly documentation_url?: string;
  readonly errors?: readonly (Readonly<Record<string, string>> | string)[];
}

/** An answer. `body` is undefined for 204 and 304. */
export interface GithubAnswer<Body> {
  readonly status: number;
  readonly etag: string;
  readonly body: Body | undefined;
}

/** Go's `%+v` of the list of single errors. */
function goErrors(errors: ErrorBody["errors"]): string {
  const one = (error: Readonly<Record<string, string>> | string): string =>
    typeof error === "string"
      ? error
      : `{Resource:${error["resource"] ?? ""} Field:${error["field"] ?? ""} Code:${error["code"] ?? ""} Message:${error["message"] ?? ""}}`;
  return `[${(errors ?? []).map(one).join(" ")}]`;
}

/** A client for one provider configuration. */
export class GithubClient {
  readonly #settings: GithubSettings;
  #queue: Promise<unknown> = Promise.resolve();
  #lastWasWrite = false;
  #owner: string | undefined;

  constructor(settings: GithubSettings) {
    this.#settings = settings;
    this.#owner = settings.owner;
  }

  /**
   * The owner of the repositories. As the real provider: a configured one is asked for once and taken whatever comes
   * back; without one the token's user is it.
   * @throws GithubError when the token's user cannot be read
   */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#owner !== undefined)
      await this.request("GET", `orgs/${this.#owner}`, { signal }).catch((error: unknown) => {
        if (error instanceof CancelledError) throw error;
      });
    else if (this.#settings.token !== undefined)
      this.#owner = (await this.request<{ login: string }>("GET", "user", { signal })).body?.login;
  }

  /** User or organization. @throws Error when neither the configuration nor a token names one */
  get owner(): string {
    if (this.#owner === undefined)
      throw new Error(
        "github provider: no owner; set the provider's `owner`, or a token whose user is meant",
      );
    return this.#owner;
  }

  /** @throws GithubError, CancelledError, Error when GitHub cannot be reached */
  request<Body>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    options: { readonly body?: unknown; readonly etag?: string | undefined; readonly signal: AbortSignal },
  ): Promise<GithubAnswer<Body>> {
    const result = this.#queue.then(() => this.#attempts<Body>(method, path, options));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #attempts<Body>(
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly etag?: string | undefined; readonly signal: AbortSignal },
  ): Promise<GithubAnswer<Body>> {
    const { maxRetries, retryDelayMs, retryableErrors, writeDelayMs, readDelayMs } = this.#settings;
    const url = this.#settings.restUrl + path;
    for (let tries = 0; ;) {
      if (this.#lastWasWrite) await pause(writeDelayMs, options.signal);
      else if (readDelayMs > 0) await pause(readDelayMs, options.signal);
      this.#lastWasWrite = method !== "GET";
      const response = await this.#send(method, url, options);
      const wait = limitMs(response);
      const text = await response.text();
      if (wait !== undefined) {
        this.#lastWasWrite = false;
        await pause(wait, options.signal);
        continue;
      }
      if (retryableErrors.includes(response.status) && tries < maxRetries) {
        tries++;
        await pause(retryDelayMs, options.signal);
        continue;
      }
      if (response.status === 304) return { status: 304, etag: options.etag ?? "", body: undefined };
      if (!response.ok) throw new GithubError(method, url, response.status, errorBody(text));
      return {
        status: response.status,
        etag: response.headers.get("etag") ?? "",
        body: text === "" ? undefined : (JSON.parse(text) as Body),
      };
    }
  }

  async #send(
    method: string,
    url: string,
    options: { readonly body?: unknown; readonly etag?: string | undefined; readonly signal: AbortSignal },
  ): Promise<Response> {
    const headers: Record<string, string> = {
      accept: "application/vnd.github+json",
      "user-agent": "home-ops-lab",
    };
    if (this.#settings.token !== undefined) headers["authorization"] = `Bearer ${this.#settings.token}`;
    if (options.etag) headers["if-none-match"] = options.etag;
    if (options.body !== undefined) headers["content-type"] = "application/json";
    try {
      return await fetch(url, {
        method,
        headers,
        signal: options.signal,
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
    } catch (error) {
      if (options.signal.aborted) throw new CancelledError();
      const cause =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
      throw new Error(`${verb} "${url}": ${cause}`, { cause: error });
    }
  }
}

/** How long GitHub wants us to wait. Undefined: it is no answer about limits. */
function limitMs(response: Response): number | undefined {
  if (response.status !== 403 && response.status !== 429) return undefined;
  const after = response.headers.get("retry-after");
  if (after !== null) return Number(after) * 1000;
  if (response.headers.get("x-ratelimit-remaining") !== "0") return undefined;
  return Math.max(0, Number(response.headers.get("x-ratelimit-reset") ?? 0) * 1000 - Date.now());
}

function errorBody(text: string): ErrorBody {
  try {
    return JSON.parse(text) as ErrorBody;
  } catch {
    // A proxy's page, not GitHub's answer; go-github shows nothing of it either.
    return {};
  }
}
