// The GitHub provider's configuration: what is set, what the environment adds, what is assumed.
import type { Properties } from "../shared/values.ts";
import { stringOf } from "../shared/values.ts";

/** How to talk to GitHub. */
export interface GithubSettings {
  /** Base of the REST API, with a slash at its end, e.g. `https://api.github.com/`, `http://127.0.0.1:3080/api/v3/`. */
  readonly restUrl: string;
  /** User or organization. Undefined: the token's user. */
  readonly owner: string | undefined;
  /** Undefined: requests are anonymous. */
  readonly token: string | undefined;
  /** Pause between two writes. GitHub asks for one second. */
  readonly writeDelayMs: number;
  readonly readDelayMs: number;
  /** Tries after a retryable status. */
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  /** HTTP statuses that are tried again. */
  readonly retryableErrors: readonly number[];
}

/**
 * Reads the configuration; environment variables stand in for what is not set.
 * Source: terraform-provider-github v6.13.0 github/provider.go, github/config.go.
 * @throws Error when the base URL is not one
 */
export function settingsOf(config: Properties, env: NodeJS.ProcessEnv): GithubSettings {
  const text = (name: string, variable: string): string | undefined =>
    stringOf(config[name]) || env[variable] || undefined;
  // The SDK sends everything but strings as JSON texts.
  const json = <T>(name: string, fallback: T): T => {
    const value = config[name];
    if (typeof value !== "string") return (value as T | null | undefined) ?? fallback;
    return value === "" ? fallback : (JSON.parse(value) as T);
  };
  return {
    restUrl: restUrlOf(text("baseUrl", "GITHUB_BASE_URL") ?? "https://api.github.com/"),
    owner: text("owner", "GITHUB_OWNER") ?? text("organization", "GITHUB_ORGANIZATION"),
    token: text("token", "GITHUB_TOKEN"),
    writeDelayMs: json("writeDelayMs", 1000),
    readDelayMs: json("readDelayMs", 0),
    maxRetries: json("maxRetries", 3),
    retryDelayMs: json("retryDelayMs", 1000),
    retryableErrors: json("retryableErrors", [500, 502, 503, 504]),
  };
}

/** github.com and ghe.com serve the API at the root of a host of its own; every other host is an Enterprise server. */
function restUrlOf(baseUrl: string): string {
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch (error) {
    throw new Error(
      `github provider: baseUrl ${JSON.stringify(baseUrl)} is no URL; expected e.g. https://github.example.com/`,
      {
        cause: error,
      },
    );
  }
  const root = url.href.endsWith("/") ? url.href : `${url.href}/`;
  const cloud = /(^|\.)(github\.com|ghe\.com)$/.test(url.hostname);
  if (!cloud) return root.endsWith("/api/v3/") ? root : `${root}api/v3/`;
  if (url.protocol !== "https:")
    throw new Error(`github provider: base url for ${url.hostname} must use the https scheme`);
  return url.hostname === "github.com" ? "https://api.github.com/" : root;
}
