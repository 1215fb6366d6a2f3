// Every step with its contract and its body, which is loaded only when it is called for.
import { checkGit } from "./preflight/contracts.ts";
import * as bootstrap from "./bootstrap/contracts.ts";
import * as flux from "./flux/contracts.ts";
import type { Contract } from "./steps/contract.ts";
import { performStep, type Body } from "./steps/step.ts";
import * as talos from "./talos/contracts.ts";

/** Performs the step, and ends the process. */
type Perform = () => Promise<never>;

function entry<C extends Contract>(contract: C, load: () => Promise<Body<C>>): readonly [string, Perform] {
  return [contract.name, () => performStep(contract, load)];
}

/** Every step, by its name. */
const steps: ReadonlyMap<string, Perform> = new Map([
  entry(checkGit, async () => (await import("./preflight/steps/checkGit.ts")).checkGit),
  entry(talos.inspectMachine, async () => (await import("./talos/steps/inspectMachine.ts")).inspectMachine),
  entry(talos.forgetMachine, async () => (await import("./talos/steps/forgetMachine.ts")).forgetMachine),
  entry(talos.prepareUpgrade, async () => (await import("./talos/steps/prepareUpgrade.ts")).prepareUpgrade),
  entry(talos.upgradeOs, async () => (await import("./talos/steps/upgradeOs.ts")).upgradeOs),
  entry(
    talos.upgradeKubernetes,
    async () => (await import("./talos/steps/upgradeKubernetes.ts")).upgradeKubernetes,
  ),
  entry(talos.settleMachine, async () => (await import("./talos/steps/settleMachine.ts")).settleMachine),
  entry(talos.removeMachine, async () => (await import("./talos/steps/removeMachine.ts")).removeMachine),
  entry(bootstrap.bootstrapEtcd, async () => (await import("./bootstrap/bootstrapEtcd.ts")).bootstrapEtcd),
  entry(bootstrap.waitForApi, async () => (await import("./bootstrap/steps/waitForApi.ts")).waitForApi),
  entry(bootstrap.waitForNodes, async () => (await import("./bootstrap/steps/waitForNodes.ts")).waitForNodes),
  entry(bootstrap.makeDeployKey, async () => (await import("./bootstrap/deployKey.ts")).makeDeployKey),
  entry(
    bootstrap.makeWebhookToken,
    async () => (await import("./bootstrap/steps/makeWebhookToken.ts")).makeWebhookToken,
  ),
  entry(bootstrap.installFlux, async () => (await import("./bootstrap/steps/installFlux.ts")).installFlux),
  entry(flux.prepareFluxBump, async () => (await import("./flux/steps/prepareFluxBump.ts")).prepareFluxBump),
  entry(
    flux.waitForSelfManagement,
    async () => (await import("./flux/steps/waitForSelfManagement.ts")).waitForSelfManagement,
  ),
  entry(flux.tryDeployKey, async () => (await import("./flux/steps/tryDeployKey.ts")).tryDeployKey),
  entry(flux.suspendFlux, async () => (await import("./flux/steps/suspendFlux.ts")).suspendFlux),
  entry(flux.proveHandOff, async () => (await import("./flux/steps/proveHandOff.ts")).proveHandOff),
  entry(flux.proveConnection, async () => (await import("./flux/connection.ts")).proveConnection),
]);

/** Performs the step of that name, and ends the process; says which ones there are where there is none, or for `--help`. */
export async function performNamed(name = ""): Promise<void> {
  const perform = steps.get(name);
  if (perform !== undefined) await perform();
  const names = [...steps.keys()].map((known) => `  ${known}\n`).join("");
  const isHelp = name === "--help";
  const fault = isHelp ? "" : `${name === "" ? "no step is named" : `there is no step ${name}`}\n`;
  (isHelp ? process.stdout : process.stderr).write(
    `${fault}usage: node src/step.ts NAME, with its inputs in the environment as pulumi up sets them. Steps:\n${names}`,
  );
  process.exitCode = isHelp ? 0 : 2;
}
