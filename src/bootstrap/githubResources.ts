import * as pulumi from "@pulumi/pulumi";

/** Version of the GitHub plugin; equal to that of the npm package `@pulumi/github`. */
const version = "6.15.0";

/** Inputs of {@link GithubProvider}. */
export interface GithubProviderArgs {
  /** User or organization that owns the repository. */
  readonly owner: string;
  /** Base URL of a GitHub Enterprise server; github.com when it is not set. */
  readonly baseUrl?: string | undefined;
}

/**
 * The GitHub provider without a token among its inputs: the plugin reads GITHUB_TOKEN by itself. The class of
 * `@pulumi/github` would copy the token from the environment into the stack's state.
 */
export class GithubProvider extends pulumi.ProviderResource {
  constructor(name: string, args: GithubProviderArgs, opts: pulumi.ResourceOptions) {
    super("github", name, { owner: args.owner, baseUrl: args.baseUrl }, { ...opts, version });
  }
}
