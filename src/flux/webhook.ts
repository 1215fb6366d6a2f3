// GitHub's webhook for the Receiver `github` of the tree (apps/flux-system/webhook): a push reconciles at once.
import { createHash } from "node:crypto";
import * as github from "@pulumi/github";
import type * as pulumi from "@pulumi/pulumi";
import type { FluxSecrets } from "../bootstrap/fluxSecrets.ts";
import type { Config } from "../config/schema.ts";

/** The Receiver in the tree. Its path changes with its name. */
const receiver = { name: "github", namespace: "flux-system" } as const;

/**
 * Path at which notification-controller takes deliveries, e.g. `/hook/3f1c…`. Who knows it and nothing else can make the
 * controller work, so it is as secret as the token.
 * Source: fluxcd/notification-controller api v1.9.3 v1/receiver_types.go GetWebhookPath.
 */
export function receiverPath(token: string): string {
  const { name, namespace } = receiver;
  return `/hook/${createHash("sha256").update(`${token}${name}${namespace}`).digest("hex")}`;
}

/** Registers the webhook where the stack config says how GitHub reaches the cluster; nothing otherwise. */
export function repositoryWebhook(
  name: string,
  { config, secrets }: { readonly config: Config; readonly secrets: FluxSecrets },
  opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): void {
  const { repository, webhookUrl } = config.github;
  if (webhookUrl === undefined) return;
  new github.RepositoryWebhook(
    name,
    {
      repository,
      events: ["push"],
      active: true,
      configuration: {
        url: secrets.webhookToken.apply((token) => new URL(receiverPath(token), webhookUrl).href),
        secret: secrets.webhookToken,
        contentType: "json",
        insecureSsl: false,
      },
    },
    {
      ...opts,
      provider: secrets.github,
      additionalSecretOutputs: ["configuration"],
      // GitHub refuses a second webhook of the same URL, so a replacement cannot be created first.
      deleteBeforeReplace: true,
    },
  );
}
