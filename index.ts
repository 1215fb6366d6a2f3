// home-ops: bare Talos machines to a Kubernetes cluster that Flux runs from Git.
//
// config → talos → bootstrap → flux, always in this order; each phase hands its results to the next and never looks
// back. What happens inside a phase is in the folder of its name.
import * as pulumi from "@pulumi/pulumi";
import { provideCiliumChart, usesKeptChart } from "./src/bootstrap/ciliumChart.ts";
import { Cluster } from "./src/bootstrap/cluster.ts";
import { FluxInstall } from "./src/bootstrap/fluxInstall.ts";
import { FluxSecrets } from "./src/bootstrap/fluxSecrets.ts";
import { reachedMachines, reachedVersions } from "./src/config/lastRun.ts";
import { checkAccess } from "./src/config/access.ts";
import { loadConfig } from "./src/config/load.ts";
import { Preflight } from "./src/config/preflight.ts";
import { Protection } from "./src/config/protection.ts";
import { prepareFluxBump, settleFluxBump } from "./src/flux/bump.ts";
import { HandOff } from "./src/flux/handOff.ts";
import { settleFlux } from "./src/flux/settle.ts";
import { lookAtMachines } from "./src/talos/identity/lookAtMachines.ts";
import { Machines } from "./src/talos/machines.ts";

// All input is read and checked here, before the first resource; what follows works with plain, valid values.
const config = await loadConfig();

// The Kubernetes provider loads Cilium's chart even where nothing changes; a site that is down is no reason to stop then.
await provideCiliumChart(config);

// Nothing is touched before GitHub and the Git host have answered as the config says, in every `up`.
await checkAccess(config);

// A machine that is not the one it is taken for stops the run here, before anything is sent to it or taken from it.
await lookAtMachines(config);

// Another Flux is one changed line below; what it needs besides is looked at before anything is touched.
await prepareFluxBump(config);

// The same question as a resource: the others wait for it, and a preview shows when it is asked something else.
const preflight = new Preflight("preflight", { config });

// Machines wait for the preflight: a wrong token must not show on a half-built cluster.
const machines = new Machines("talos", { config }, { dependsOn: [preflight] });

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
new Protection("protection", { config }, { dependsOn: parts });

await settleFluxBump(config, { handOff, cluster, secrets });

// No `up` is a success while Flux is cut off from Git.
await settleFlux(config, { handOff, cluster });

export const talosconfig = machines.talosconfig;
export const kubeconfig = cluster.kubeconfig;
export const endpoint = config.cluster.endpoint;
// What this run has reached: read back by the next one, and therefore only there when everything has succeeded.
export const versions = pulumi.unsecret(
  handOff.proven.apply(() => reachedVersions(config, usesKeptChart(config))),
);
const members = pulumi.unsecret(handOff.proven.apply(() => reachedMachines(config)));
export { members as machines };
export const fluxPath = handOff.path;
