// home-ops: bare Talos machines to a Kubernetes cluster that Flux runs from Git.
//
// First everything is asked that may stop a run; then src/program.ts registers the phases; then Flux has the last word.
import * as pulumi from "@pulumi/pulumi";
import { provideCiliumChart, usesKeptChart } from "./src/bootstrap/ciliumChart.ts";
import { checkAccess } from "./src/preflight/preflight.ts";
import { reachedMachines, reachedVersions } from "./src/config/lastRun.ts";
import { loadConfig } from "./src/config/load.ts";
import { prepareFluxBump, settleFlux, settleFluxBump } from "./src/flux/aroundRun.ts";
import { homeOps } from "./src/program.ts";
import { lookAtMachines } from "./src/talos/identity/lookAtMachines.ts";

// All input is read and checked here, before the first resource; what follows works with plain, valid values.
const config = await loadConfig();

// The Kubernetes provider loads Cilium's chart even where nothing changes; a site that is down is no reason to stop then.
await provideCiliumChart(config);

// Nothing is touched before GitHub and the Git host have answered as the config says, in every `up`.
await checkAccess(config);

// A machine that is not the one it is taken for stops the run here, before anything is sent to it or taken from it.
await lookAtMachines(config);

// Another Flux is one changed line to Pulumi; what it needs besides is looked at before anything is touched.
await prepareFluxBump(config);

const { machines, cluster, secrets, handOff } = homeOps(config);

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
