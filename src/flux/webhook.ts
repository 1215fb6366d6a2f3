// GitHub's webhook for the Receiver `github` of the tree (apps/flux-system/webhook): a push reconciles at once.
import * as github from "@pulumi/github";
import type * as pulumi from "@pulumi/pulumi";
import type { FluxSecrets } from "../bootstrap/fluxSecrets.ts";
import type { Config } from "../config/config.ts";
import { receiverPath } from "./receiverPath.ts";

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
