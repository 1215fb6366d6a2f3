// What the program does by itself before and after its resources, and only in a real run. A resource would show in a preview
// whenever it is to run (docs/decisions/0006); of a Flux bump a preview shows its one changed line, the tag, and nothing else.
import { relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../bootstrap/cluster.ts";
import type { FluxSecrets } from "../bootstrap/fluxSecrets.ts";
import type { Config } from "../config/config.ts";
import { runStep, valueOf } from "../steps/runStep.ts";
import { keepBundles } from "./bundles.ts";
import * as contracts from "./contracts.ts";
import { gitInput, type HandOff } from "./handOff.ts";

/** What the phases have made. */
interface Made {
  readonly handOff: HandOff;
  readonly cluster: Cluster;
  readonly secrets: FluxSecrets;
}

/** Whether this run takes Flux to another version than the last finished one. */
function isBump({ lastRun, tree }: Config): boolean {
  const before = lastRun.versions.flux;
  return before !== undefined && before !== tree.fluxVersion && !pulumi.runtime.isDryRun();
}

/**
 * Before the first resource: is the way to another Flux free, a backup, Flux's objects stored so that the new version can
 * read them.
 * @throws pulumi.RunError when it is not; nothing has been changed then
 */
export async function prepareFluxBump(config: Config): Promise<void> {
  await keepBundles(config);
  const { lastRun, tree, ageKey } = config;
  if (!isBump(config) || lastRun.kubeconfig === undefined) return;
  await runStep(contracts.prepareFluxBump, {
    kubeconfigText: lastRun.kubeconfig,
    tree: relative(process.cwd(), tree.path),
    stack: pulumi.getStack(),
    ageRecipients: [...ageKey.recipients],
  });
}

/**
 * After the last resource: Flux has taken itself to the new version, and everything in the tree is Ready under it.
 * @throws pulumi.RunError when not; the next run prepares and looks again
 */
export async function settleFluxBump(config: Config, { handOff, cluster, secrets }: Made): Promise<void> {
  if (!isBump(config)) return;
  await valueOf(handOff.proven);
  const kubeconfigText = await valueOf(cluster.kubeconfig);
  await runStep(contracts.waitForSelfManagement, { kubeconfigText });
  const deployKey = await valueOf(secrets.deployKey);
  await runStep(contracts.proveHandOff, { git: gitInput(config.git), kubeconfigText, deployKey });
}

/**
 * The last thing of every `up`: the proof that Flux reads Git, unless the stack config suspends Flux.
 * @throws pulumi.RunError when it does not. In a run in which machines leave that is a warning: the engine removes only behind
 *   a program that has ended well, and a dead Git host must keep no machine in the cluster
 */
export async function settleFlux(
  { suspend, lastRun, nodes, gone }: Config,
  { handOff, cluster }: Pick<Made, "handOff" | "cluster">,
): Promise<void> {
  if (pulumi.runtime.isDryRun() || suspend) return;
  await valueOf(handOff.proven);
  const kubeconfigText = await valueOf(cluster.kubeconfig);
  try {
    await runStep(contracts.proveConnection, { kubeconfigText });
  } catch (error) {
    const stay = new Set([...nodes, ...gone].map(({ name }) => name));
    const isLeaving = (lastRun.machines ?? []).some(({ name }) => !stay.has(name));
    if (!(error instanceof pulumi.RunError) || !isLeaving) throw error;
    await pulumi.log.warn(`${error.message}; machines leave in this run, so the next one proves it again`);
  }
}
