// Phase 0: everything outside this computer that the config names and that can be checked before a machine is touched.
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../config/config.ts";
import { deployKeyType } from "../config/deployKeys.ts";
import type { GivenOf } from "../steps/contract.ts";
import { run } from "../steps/run.ts";
import { runStep } from "../steps/runStep.ts";
import { stepCommand } from "../steps/stepCommand.ts";
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
    stepCommand(`${name}-git`, checkGit, gitSide(args), { parent: this });
    this.registerOutputs({});
  }
}

/** What the check of the Git side is told. */
function gitSide({ github, git }: PreflightArgs): GivenOf<typeof checkGit> {
  return { github, webhookUrl: github.webhookUrl, git: { url: git.url, knownHosts: [...git.knownHosts] } };
}

/**
 * Asks them in every `up`, before the first resource: a token that has expired since the last change of the config shows at
 * once, and not when a deploy key has to be made again. On a cluster that is there a site that is down is a warning; before it
 * is there, it is asked as well whether another cluster of its name reads the same repository. A preview asks nobody.
 * @throws pulumi.RunError when they answer otherwise than the config says; nothing has been touched then
 */
export async function checkAccess({
  cluster,
  lastRun,
  ...config
}: PreflightArgs & Pick<Config, "cluster" | "lastRun">): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  const established = lastRun.machines !== undefined;
  const ownKeys = established ? undefined : await registeredKeys();
  if (!established && ownKeys === undefined)
    await pulumi.log.warn(
      `pulumi stack export failed: whether another cluster is called ${cluster.name} has not been looked at`,
    );
  await runStep(checkGit, {
    ...gitSide(config),
    ...(established ? { established } : {}),
    ...(ownKeys === undefined ? {} : { clusterName: cluster.name, ownKeys }),
  });
}

/** A resource in an exported state, as far as it matters. */
interface Found {
  readonly type?: string;
  readonly inputs?: { readonly key?: unknown };
}

/**
 * Public keys that a first run has registered before it failed, or was registering when it was killed. The outputs of the
 * stack do not have them, since they come with the end of a run; so pulumi is asked for the state. Public keys are no secrets.
 * @returns undefined when pulumi does not say it
 */
async function registeredKeys(): Promise<string[] | undefined> {
  const args = ["stack", "export", "--stack", pulumi.getStack(), "--non-interactive"];
  const signal = new AbortController().signal;
  const { code, stdout } = await run("pulumi", args, { timeoutSeconds: 60, signal });
  if (code !== 0) return undefined;
  const { deployment } = JSON.parse(stdout) as {
    readonly deployment?: {
      readonly resources?: readonly Found[];
      readonly pending_operations?: readonly { readonly resource: Found }[];
    } | null;
  };
  const pending = (deployment?.pending_operations ?? []).map(({ resource }) => resource);
  return [...(deployment?.resources ?? []), ...pending].flatMap(({ type, inputs }) =>
    type === deployKeyType && typeof inputs?.key === "string" ? [inputs.key] : [],
  );
}
