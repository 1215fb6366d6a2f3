// What a Flux bump needs besides its one changed line, the tag. To Pulumi that line is the whole change, and a preview
// shows nothing else; what has to happen before and after it is done by the program itself, and only in a real run.
import { relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../bootstrap/cluster.ts";
import type { FluxSecrets } from "../bootstrap/fluxSecrets.ts";
import type { Config } from "../config/config.ts";
import { keepBundles } from "./bundles.ts";
import { runStep, valueOf } from "../steps/runStep.ts";
import { gitInput, type HandOff } from "./handOff.ts";
import * as contracts from "./contracts.ts";

/** Whether this run takes Flux to another version than the last finished one. */
function isBump({ lastRun, tree }: Config): boolean {
  const before = lastRun.versions.flux;
  return before !== undefined && before !== tree.fluxVersion && !pulumi.runtime.isDryRun();
}

/**
 * Before the first resource: is the way free, a backup, Flux's objects stored so that the new version can read them.
 * @throws pulumi.RunError when it is not; nothing has been changed then
 */
export async function prepareFluxBump(config: Config): Promise<void> {
  await keepBundles(config);
  const { kubeconfig } = config.lastRun;
  if (!isBump(config) || kubeconfig === undefined) return;
  await runStep(contracts.prepareFluxBump, {
    kubeconfigText: kubeconfig,
    tree: relative(process.cwd(), config.tree.path),
    stack: pulumi.getStack(),
    ageRecipients: [...config.ageKey.recipients],
  });
}

/**
 * After the last resource: Flux has taken itself to the new version, and everything in the tree is Ready under it.
 * @throws pulumi.RunError when not; the next run prepares and looks again
 */
export async function settleFluxBump(
  config: Config,
  { handOff, cluster, secrets }: { handOff: HandOff; cluster: Cluster; secrets: FluxSecrets },
): Promise<void> {
  if (!isBump(config)) return;
  await valueOf(handOff.proven);
  const kubeconfigText = await valueOf(cluster.kubeconfig);
  await runStep(contracts.waitForSelfManagement, { kubeconfigText });
  await runStep(contracts.proveHandOff, {
    git: gitInput(config.git),
    kubeconfigText,
    deployKey: await valueOf(secrets.deployKey),
  });
}
