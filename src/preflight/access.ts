// The Git side of the config, asked in every `up` before the first resource: a token that has expired since the last change
// of the config shows at once, and not when a deploy key has to be made again.
import * as pulumi from "@pulumi/pulumi";
import type { GivenOf } from "../steps/contract.ts";
import { run } from "../steps/run.ts";
import { runStep } from "../steps/runStep.ts";
import { deployKeyType } from "../config/deployKeys.ts";
import { accessInput } from "./preflight.ts";
import type { Config } from "../config/config.ts";
import { checkGit } from "./contracts.ts";

/**
 * Asks GitHub and the Git host. On a cluster that is there a site that is down is a warning; before it is there, it is asked
 * as well whether another cluster of its name reads the same repository. A preview asks nobody.
 * @throws pulumi.RunError when they answer otherwise than the config says; nothing has been touched then
 */
export async function checkAccess(config: Config): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  await runStep(checkGit, {
    ...accessInput(config),
    ...(config.lastRun.machines === undefined ? await nameInput(config) : { established: true }),
  });
}

/** What is needed to tell another cluster of this name apart from what this stack has made. */
async function nameInput({ cluster }: Config): Promise<Partial<GivenOf<typeof checkGit>>> {
  const keys = await ownKeys();
  if (keys !== undefined) return { clusterName: cluster.name, ownKeys: keys };
  await pulumi.log.warn(
    `pulumi stack export failed: whether another cluster is called ${cluster.name} has not been looked at`,
  );
  return {};
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
async function ownKeys(): Promise<string[] | undefined> {
  const { code, stdout } = await run(
    "pulumi",
    ["stack", "export", "--stack", pulumi.getStack(), "--non-interactive"],
    {
      timeoutSeconds: 60,
      signal: new AbortController().signal,
    },
  );
  if (code !== 0) return undefined;
  const { deployment } = JSON.parse(stdout) as {
    readonly deployment?: {
      readonly resources?: readonly Found[];
      readonly pending_operations?: readonly { readonly resource: Found }[];
    } | null;
  };
  return [
    ...(deployment?.resources ?? []),
    ...(deployment?.pending_operations ?? []).map(({ resource }) => resource),
  ].flatMap(({ type, inputs }) =>
    type === deployKeyType && typeof inputs?.key === "string" ? [inputs.key] : [],
  );
}
