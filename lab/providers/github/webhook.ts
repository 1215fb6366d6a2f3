// The resource `github:index/repositoryWebhook:RepositoryWebhook`. GitHub never shows a secret again, so it is the state
// that remembers it. Source: terraform-provider-github v6.13.0 github/resource_github_repository_webhook.go,
// schema_webhook_configuration.go; its conversion of the configuration is in resource_github_organization_webhook.go.
import type { ResourceDefinition } from "../shared/provider.ts";
import type { Properties, Value } from "../shared/values.ts";
import { isList, isObject, UNKNOWN } from "../shared/values.ts";
import { GithubError } from "./client.ts";
import type { GithubClient } from "./client.ts";
import { listed } from "./errors.ts";

interface Hook {
  readonly id: number;
  readonly url: string;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly config: Readonly<Record<string, string>>;
}

/** The configuration in the API's words. */
function configOf(configuration: Value | undefined): Properties {
  if (!isObject(configuration)) return {};
  const { url, contentType, secret, insecureSsl } = configuration;
  return {
    ...(url === undefined ? {} : { url }),
    ...(contentType === undefined ? {} : { content_type: contentType }),
    ...(secret === undefined ? {} : { secret }),
    insecure_ssl: insecureSsl === true ? "1" : "0",
  };
}

/** What GitHub answers, in the resource's words; its `********` stands for the secret that the state knows. */
function propertiesOf(hook: Hook, repository: string, known: Value | undefined): Properties {
  const { url, content_type, insecure_ssl, secret } = hook.config;
  const remembered = isObject(known) ? (known["secret"] ?? "") : secret;
  return {
    repository,
    events: hook.events,
    active: hook.active,
    url: hook.url,
    configuration: {
      url: url ?? null,
      contentType: content_type ?? null,
      insecureSsl: insecure_ssl === "1",
      ...(secret === undefined ? {} : { secret: remembered ?? null }),
    },
  };
}

/** Events are a set: their order is no difference. */
function sameSet(some: Value | undefined, others: Value | undefined): boolean {
  if (!isList(some) || !isList(others)) return false;
  return some.length === others.length && some.every((one) => others.includes(one));
}

/** The resource, for the client of the provider's configuration. */
export function repositoryWebhook(client: () => GithubClient): ResourceDefinition {
  const path = (repository: Value | undefined, id?: string): string =>
    `repos/${client().owner}/${String(repository)}/hooks${id === undefined ? "" : `/${id}`}`;
  const bodyOf = ({ events, active, configuration }: Properties): Properties => ({
    events: events ?? [],
    active: active ?? true,
    config: configOf(configuration),
  });
  const fetched = async (id: string, state: Properties, signal: AbortSignal): Promise<Properties> => {
    const { body } = await client().request<Hook>("GET", path(state["repository"], id), { signal });
    if (body === undefined) throw new Error("GitHub sent no answer");
    return propertiesOf(body, String(state["repository"]), state["configuration"]);
  };

  return {
    description: "A webhook of a repository.",
    inputs: {
      repository: { type: "string", description: "Name of the repository, without the owner" },
      events: {
        type: "array",
        items: { type: "string", description: "" },
        description: "What it is told of",
      },
      configuration: {
        type: "object",
        ref: "github:index/RepositoryWebhookConfiguration:RepositoryWebhookConfiguration",
        description: "Where to and how",
        required: ["url"],
        properties: {
          url: { type: "string", secret: true, description: "URL" },
          contentType: { type: "string", description: "form or json" },
          secret: { type: "string", secret: true, description: "Key of the signature" },
          insecureSsl: { type: "boolean", description: "Take any certificate. Default false" },
        },
      },
      active: { type: "boolean", description: "Whether it is told. Default true" },
      etag: { type: "string", description: "Not used" },
    },
    requiredInputs: ["events", "repository"],
    outputs: { url: { type: "string", description: "URL of the webhook in GitHub's API" } },
    requiredOutputs: ["etag", "events", "repository", "url"],
    normalize: (inputs) => ({ active: true, ...inputs }),
    replaces: (_olds, _planned, changed) => changed.filter((name) => name === "repository"),

    async plan({ olds, inputs }) {
      if (olds === undefined) return { ...inputs, etag: UNKNOWN, url: UNKNOWN };
      const events = sameSet(olds["events"], inputs["events"]) ? olds["events"] : inputs["events"];
      return { ...inputs, events: events ?? null, etag: olds["etag"] ?? null, url: olds["url"] ?? null };
    },

    create: (planned, { signal }) =>
      listed(
        (async () => {
          const body = { name: "web", ...bodyOf(planned) };
          const answer = await client().request<Hook>("POST", path(planned["repository"]), { body, signal });
          if (answer.body === undefined) throw new Error("GitHub created the webhook but sent no answer");
          const id = String(answer.body.id);
          return { id, outputs: await fetched(id, planned, signal) };
        })(),
      ),

    update: (id, _olds, planned, { signal }) =>
      listed(
        client()
          .request("PATCH", path(planned["repository"], id), { body: bodyOf(planned), signal })
          .then(() => fetched(id, planned, signal)),
      ),

    async delete(id, state, { signal }) {
      await listed(client().request("DELETE", path(state["repository"], id), { signal }));
    },

    async read(id, state, { signal }) {
      const [repository = "", number = ""] = state === undefined ? id.split("/") : [];
      if (state === undefined && (id.split("/").length !== 2 || repository === ""))
        throw new Error("invalid ID specified: supplied ID must be written as <repository>/<webhook_id>");
      const [wanted, known] = state === undefined ? [number, { repository }] : [id, state];
      if (!/^\d+$/.test(wanted))
        throw new Error(`unexpected ID format (${JSON.stringify(wanted)}), expected numerical ID`);
      try {
        const outputs = await listed(fetched(wanted, known, signal));
        const { url: _url, ...inputs } = outputs;
        return { id: wanted, inputs, outputs };
      } catch (error) {
        if (error instanceof Error && error.cause instanceof GithubError && error.cause.status === 404)
          return undefined;
        throw error;
      }
    },
  };
}
