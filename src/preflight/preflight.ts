// Phase 0: everything outside this computer that the config names and that can be checked before a machine is touched.
import * as pulumi from "@pulumi/pulumi";
import type { GivenOf } from "../steps/contract.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import type { Config } from "../config/config.ts";
import { checkGit } from "./contracts.ts";

/** What {@link Preflight} needs. */
export type PreflightArgs = Pick<Config, "github" | "git">;

/**
 * Asks GitHub and the Git host: is the token good, is the repository there, may the token register a deploy key, is the
 * host's key the pinned one. The same mistakes would show anyway, but twenty minutes later and on a half-built cluster.
 */
export class Preflight extends pulumi.ComponentResource {
  constructor(name: string, args: PreflightArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:config:Preflight", name, {}, opts);
    stepCommand(`${name}-git`, checkGit, accessInput(args), { parent: this });
    this.registerOutputs({});
  }
}

/** What the check of the Git side is told. */
export function accessInput({ github, git }: PreflightArgs): GivenOf<typeof checkGit> {
  return { github, webhookUrl: github.webhookUrl, git: { url: git.url, knownHosts: [...git.knownHosts] } };
}
