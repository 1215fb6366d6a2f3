// The last thing of every `up`. Not a resource: it would show in a preview whenever it is to run (docs/decisions/0006).
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../bootstrap/cluster.ts";
import type { Config } from "../config/config.ts";
import { runStep, valueOf } from "../steps/runStep.ts";
import type { HandOff } from "./handOff.ts";
import { proveConnection } from "./contracts.ts";

/**
 * Proves that Flux reads Git. Does nothing in a preview, or while the stack config suspends Flux.
 * @throws pulumi.RunError when it does not. In a run in which machines leave that is a warning: the engine removes only behind
 *   a program that has ended well, and a dead Git host must keep no machine in the cluster
 */
export async function settleFlux(
  config: Config,
  { handOff, cluster }: { readonly handOff: HandOff; readonly cluster: Cluster },
): Promise<void> {
  if (pulumi.runtime.isDryRun() || config.suspend) return;
  await valueOf(handOff.proven);
  const kubeconfigText = await valueOf(cluster.kubeconfig);
  try {
    await runStep(proveConnection, { kubeconfigText });
  } catch (error) {
    if (!(error instanceof pulumi.RunError) || !machinesLeave(config)) throw error;
    await pulumi.log.warn(`${error.message}; machines leave in this run, so the next one proves it again`);
  }
}

function machinesLeave({ lastRun, nodes, gone }: Config): boolean {
  const stay = new Set([...nodes, ...gone].map(({ name }) => name));
  return (lastRun.machines ?? []).some(({ name }) => !stay.has(name));
}
