// The phases, in order: preflight → talos → bootstrap → flux. Each hands its results to the next and never looks back. What
// happens inside a phase is in the folder of its name.
import { Cluster } from "./bootstrap/cluster.ts";
import { FluxInstall } from "./bootstrap/fluxInstall.ts";
import { FluxSecrets } from "./bootstrap/fluxSecrets.ts";
import type { Config } from "./config/config.ts";
import { Preflight } from "./preflight/preflight.ts";
import { Protection } from "./config/protection.ts";
import { HandOff } from "./flux/handOff.ts";
import { Machines } from "./talos/machines.ts";

/** What the phases have made. */
export interface HomeOps {
  readonly machines: Machines;
  readonly cluster: Cluster;
  readonly secrets: FluxSecrets;
  readonly handOff: HandOff;
}

/** Registers everything that there is. Asks nobody: whatever may stop a run beforehand has been asked in index.ts. */
export function homeOps(config: Config): HomeOps {
  // The question of index.ts as a resource: the others wait for it, and a preview shows when it is asked something else.
  const preflight = new Preflight("preflight", config);

  // Machines wait for the preflight: a wrong token must not show on a half-built cluster.
  const machines = new Machines("talos", config, { dependsOn: [preflight] });

  // etcd waits for the machines' configs, Cilium for the API, the nodes for Cilium.
  const cluster = new Cluster("cluster", { config, machines });

  // Flux's keys wait for Ready nodes, so that a failure before that leaves no key at GitHub.
  const secrets = new FluxSecrets("flux-secrets", { config, machines, cluster }, { dependsOn: [cluster] });

  // The controllers wait for the Secrets: the first thing they do is read them.
  const install = new FluxInstall("flux-install", { config, machines, cluster }, { dependsOn: [secrets] });

  // Custom resources wait for the CRDs and the controllers.
  const handOff = new HandOff("flux", { config, machines, cluster, secrets }, { dependsOn: [install] });

  // It waits for everything, so that `destroy` begins with it, and ends there while the stack is protected.
  const parts = [preflight, machines, cluster, secrets, install, handOff];
  new Protection("protection", config, { dependsOn: parts });

  return { machines, cluster, secrets, handOff };
}
