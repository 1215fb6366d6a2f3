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

/** Asks `GET <api>/<path>`, or another method. Throws only when nobody answers: within seconds or not at all. */
export async function askGithub<T>(
  { baseUrl, token }: GithubAccess,
  path: string,
  method = "GET",
): Promise<GithubAnswer<T>> {
  const response = await fetch(new URL(path, apiUrl(baseUrl)), {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "user-agent": "home-ops",
      "x-github-api-version": "2022-11-28",
    },
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const body = (isJson ? JSON.parse(text) : undefined) as (T & { readonly message?: string }) | undefined;
  return { status: response.status, body, message: body?.message ?? response.statusText };
}

/** Where the REST API lies, as the GitHub provider computes it. Source: terraform-provider-github v6 config.go getBaseURL. */
export function apiUrl(baseUrl: string | undefined): URL {
  if (baseUrl === undefined) return new URL("https://api.github.com/");
  const url = new URL(baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`);
  return url.hostname === "api.github.com" ? url : new URL("api/v3/", url);
}
