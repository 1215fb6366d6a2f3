// What a webhook of the lab's GitHub is: what a caller may ask for, what GitHub refuses, and how it shows one.
// Texts are those of api.github.com.
import { isIP } from "node:net";
import type { Answer } from "./answers.ts";
import { invalid, pages, type FieldError } from "./answers.ts";

/** What a caller decides. */
export interface WebhookSettings {
  readonly events: readonly string[];
  readonly active: boolean;
  readonly url: string;
  readonly contentType: "json" | "form";
  /** Empty: deliveries are not signed. */
  readonly secret: string;
  readonly insecureSsl: boolean;
}

/** A webhook as GitHub keeps it. */
export interface Webhook extends WebhookSettings {
  readonly id: number;
  readonly owner: string;
  readonly repository: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** How the last delivery went. */
  readonly lastResponse: {
    readonly code: number | null;
    readonly status: string;
    readonly message: string | null;
  };
}

interface Wanted {
  readonly name?: unknown;
  readonly events?: unknown;
  readonly active?: unknown;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Events that the lab's GitHub can deliver; the real one has some seventy. */
const knownEvents = ["*", "push", "ping"];

/**
 * Reads what a caller asks for.
 * @param before the webhook that is changed; undefined for a new one
 * @param others webhooks of the same repository
 * @returns the settings, or GitHub's refusal
 */
export function webhookSettings(
  body: string,
  before: Webhook | undefined,
  others: readonly Webhook[],
): WebhookSettings | Answer {
  const page = before === undefined ? pages.createHook : pages.changeHook;
  let wanted: Wanted;
  try {
    wanted = JSON.parse(body) as Wanted;
  } catch {
    return invalid("Problems parsing JSON", [], page, 400);
  }
  if (before === undefined && wanted.name !== undefined && wanted.name !== "web")
    return refused(page, { code: "invalid", field: "name" });
  // A change replaces the whole config; what it leaves out is gone, the secret among it.
  const config = wanted.config ?? (before === undefined ? {} : configOf(before));
  const settings: WebhookSettings = {
    events: Array.isArray(wanted.events) ? wanted.events.map(String) : (before?.events ?? ["push"]),
    active: typeof wanted.active === "boolean" ? wanted.active : (before?.active ?? true),
    url: typeof config["url"] === "string" ? config["url"] : "",
    contentType: config["content_type"] === "json" ? "json" : "form",
    secret: typeof config["secret"] === "string" ? config["secret"] : "",
    insecureSsl: ["1", 1].includes(config["insecure_ssl"] as string | number),
  };
  const unknown = settings.events.filter((event) => !knownEvents.includes(event));
  if (unknown.length > 0)
    return refused(page, {
      code: "custom",
      field: "events",
      message: `These events are not allowed for this hook: ${unknown.join(", ")}`,
    });
  const problem = urlProblem(settings.url);
  if (problem !== undefined) return refused(page, { code: "custom", ...problem });
  if (others.some((other) => other.url === settings.url && overlap(other.events, settings.events)))
    return refused(page, { code: "custom", message: "Hook already exists on this repository" });
  return settings;
}

function refused(page: string, error: Omit<FieldError, "resource">): Answer {
  return invalid("Validation Failed", [{ resource: "Hook", ...error }], page);
}

/** GitHub delivers to the public Internet only. */
function urlProblem(url: string): { readonly field?: string; readonly message: string } | undefined {
  if (url === "") return { message: "Config must contain URL for webhooks" };
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    return { field: "url", message: "url is missing a scheme" };
  const { hostname } = new URL(url);
  const isLocal = hostname === "localhost" || (isIP(hostname) === 4 && /^(127|10)\./.test(hostname));
  return isLocal
    ? {
        field: "url",
        message: `url is not supported because it isn't reachable over the public Internet (${hostname})`,
      }
    : undefined;
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.includes("*") || others.includes("*") || some.some((event) => others.includes(event));
}

/** Its settings in the words of the API, with the secret. */
function configOf(hook: WebhookSettings): Readonly<Record<string, unknown>> {
  return {
    content_type: hook.contentType,
    insecure_ssl: hook.insecureSsl ? "1" : "0",
    ...(hook.secret === "" ? {} : { secret: hook.secret }),
    url: hook.url,
  };
}

/** A webhook as the API shows it: never its secret. @param api base of the REST API */
export function webhookBody(api: string, hook: Webhook): unknown {
  const url = `${api}/repos/${hook.owner}/${hook.repository}/hooks/${String(hook.id)}`;
  return {
    type: "Repository",
    id: hook.id,
    name: "web",
    active: hook.active,
    events: hook.events,
    config: { ...configOf(hook), ...(hook.secret === "" ? {} : { secret: "********" }) },
    updated_at: hook.updatedAt,
    created_at: hook.createdAt,
    url,
    test_url: `${url}/test`,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    last_response: hook.lastResponse,
  };
}
