// The few things the program asks GitHub itself; everything it creates there is the GitHub provider's.

/** Which GitHub and with what. */
export interface GithubAccess {
  /** e.g. `https://api.github.com/`, or the base URL of an Enterprise server, whose API lies below `api/v3/`. */
  readonly baseUrl: string | undefined;
  readonly token: string;
}

/** An answer: the HTTP status, and the body where it is JSON. */
export interface GithubAnswer<T> {
  readonly status: number;
  readonly body: T | undefined;
  /** GitHub's own words for a failure, e.g. `Bad credentials`. */
  readonly message: string;
}

/** GitHub answers within seconds or not at all. */
const timeoutMs = 20_000;

/** Asks `GET <api>/<path>`, or another method. Throws only when nobody answers. */
export async function askGithub<T>(
  access: GithubAccess,
  path: string,
  method = "GET",
): Promise<GithubAnswer<T>> {
  const response = await fetch(new URL(path, apiUrl(access.baseUrl)), {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${access.token}`,
      "user-agent": "home-ops",
      "x-github-api-version": "2022-11-28",
    },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  const body = response.headers.get("content-type")?.includes("json")
    ? (JSON.parse(text) as unknown)
    : undefined;
  const message = (body as { message?: string } | undefined)?.message ?? response.statusText;
  return { status: response.status, body: body as T | undefined, message };
}

/** Where the REST API lies, as the GitHub provider computes it. Source: terraform-provider-github v6 config.go getBaseURL. */
export function apiUrl(baseUrl: string | undefined): URL {
  if (baseUrl === undefined) return new URL("https://api.github.com/");
  const url = new URL(baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`);
  return url.hostname === "api.github.com" ? url : new URL("api/v3/", url);
}
