import * as pulumi from "@pulumi/pulumi";

/** Version of the GitHub plugin; equal to that of the npm package `@pulumi/github`. */
const version = "6.15.0";

/**
 * The GitHub provider without a token among its inputs: the plugin reads GITHUB_TOKEN by itself. The class of
 * `@pulumi/github` would copy the token from the environment into the stack's state.
 */
export class GithubProvider extends pulumi.ProviderResource {
  /** @param owner user or organization that owns the repository; `baseUrl` is that of a GitHub Enterprise server */
  constructor(
    name: string,
    { owner, baseUrl }: { readonly owner: string; readonly baseUrl?: string | undefined },
    opts: pulumi.ResourceOptions,
  ) {
    super("github", name, { owner, baseUrl }, { ...opts, version });
  }
}
