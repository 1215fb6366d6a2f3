// GitHub's webhook for the Receiver `github` of the tree (apps/flux-system/webhook): a push reconciles at once.
import * as github from "@pulumi/github";
import type * as pulumi from "@pulumi/pulumi";
import type { FluxSecrets } from "../bootstrap/fluxSecrets.ts";
import type { Config } from "../config/config.ts";
import { receiverPath } from "./receiverPath.ts";

/** Registers the webhook where the stack config says how GitHub reaches the cluster; nothing otherwise. */
export function repositoryWebhook(
  name: string,
  { repository, webhookUrl }: Config["github"],
  { webhookToken: secret, github: provider }: FluxSecrets,
  opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): void {
  if (webhookUrl === undefined) return;
  const url = secret.apply((token) => new URL(receiverPath(token), webhookUrl).href);
  const configuration = { url, secret, contentType: "json", insecureSsl: false };
  new github.RepositoryWebhook(
    name,
    { repository, events: ["push"], active: true, configuration },
    // GitHub refuses a second webhook of the same URL, so a replacement cannot be created first.
    { ...opts, provider, additionalSecretOutputs: ["configuration"], deleteBeforeReplace: true },
  );
}
