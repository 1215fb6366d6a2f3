import type { ProviderDefinition } from "../shared/provider.ts";
import type { PropertySpecs } from "../shared/spec.ts";
import { GithubClient } from "./client.ts";
import { repositoryDeployKey } from "./deployKey.ts";
import { repositoryWebhook } from "./webhook.ts";
import { settingsOf } from "./settings.ts";

let client: GithubClient | undefined;

function connected(): GithubClient {
  if (client === undefined) throw new Error("github provider: used before it was configured");
  return client;
}

const config: PropertySpecs = {
  owner: { type: "string", description: "User or organization; else GITHUB_OWNER, else the token's user" },
  organization: { type: "string", description: "Former name of owner" },
  baseUrl: {
    type: "string",
    description: "Base URL; any host but github.com is an Enterprise server; else GITHUB_BASE_URL",
  },
  token: { type: "string", secret: true, description: "Token; else GITHUB_TOKEN" },
  insecure: { type: "boolean", description: "Ignored by the stand-in" },
  appAuth: { type: "any", description: "Not supported by the stand-in" },
  cachePath: { type: "string", description: "Ignored by the stand-in" },
  legacyClient: { type: "boolean", description: "Ignored by the stand-in" },
  maxPerPage: { type: "number", description: "Ignored by the stand-in" },
  maxRetries: { type: "number", description: "Tries after a retryable status. Default 3" },
  parallelRequests: { type: "boolean", description: "Ignored by the stand-in: one request after the other" },
  readDelayMs: { type: "number", description: "Pause before a read. Default 0" },
  retryDelayMs: { type: "number", description: "Pause before another try. Default 1000" },
  retryableErrors: {
    type: "array",
    items: { type: "number", description: "" },
    description: "Statuses that are tried again. Default 500, 502, 503, 504",
  },
  writeDelayMs: { type: "number", description: "Pause between writes. Default 1000" },
};

/** Stand-in for pulumi-github v6.15.0: deploy keys and webhooks of repositories. */
export const definition: ProviderDefinition = {
  name: "github",
  version: "6.15.0",
  description: "Stand-in for the GitHub provider: deploy keys and webhooks of repositories.",
  config,
  resources: {
    "github:index/repositoryDeployKey:RepositoryDeployKey": repositoryDeployKey(connected),
    "github:index/repositoryWebhook:RepositoryWebhook": repositoryWebhook(connected),
  },
  functions: {},
  async configure(values, operation) {
    if ((values["appAuth"] ?? "") !== "" && values["appAuth"] !== "null")
      throw new Error("github provider: the stand-in knows tokens only, no appAuth");
    client = new GithubClient(settingsOf(values, process.env));
    await client.connect(operation.signal);
  },
};
