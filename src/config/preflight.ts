// Phase 0: everything outside this computer that the config names and that can be checked before a machine is touched.
import * as pulumi from "@pulumi/pulumi";
import { stepCommand } from "../steps/stepCommand.ts";
import type { Config } from "./config.ts";

/** What {@link Preflight} needs. */
export interface PreflightArgs {
  readonly config: Config;
}

/**
 * Asks GitHub and the Git host: is the token good, is the repository there, may the token register a deploy key, is the
 * host's key the pinned one. The same mistakes would show anyway, but twenty minutes later and on a half-built cluster.
 */
export class Preflight extends pulumi.ComponentResource {
  constructor(name: string, args: PreflightArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:config:Preflight", name, {}, opts);
    stepCommand(
      `${name}-git`,
      { program: "src/config/steps/checkGit.ts", inputs: accessInputs(args.config) },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** What the check of the Git side is told. */
export function accessInputs({ github, git }: Config): Readonly<Record<string, string>> {
  return {
    GITHUB_OWNER: github.owner,
    GITHUB_REPOSITORY: github.repository,
    // The variable that the GitHub provider reads as well; an empty value would mean "no host".
    ...(github.baseUrl === undefined ? {} : { GITHUB_BASE_URL: github.baseUrl }),
    ...(github.webhookUrl === undefined ? {} : { WEBHOOK_URL: github.webhookUrl }),
    GIT_URL: git.url,
    GIT_KNOWN_HOSTS: git.knownHosts.join("\n"),
  };
}
