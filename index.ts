// home-ops: bare Talos machines to a Kubernetes cluster that Flux runs from Git.
//
// config → talos → bootstrap → flux, always in this order; each phase hands its results to the next and never looks
// back. What happens inside a phase is in the folder of its name.
import * as pulumi from "@pulumi/pulumi";
import { Cluster } from "./src/bootstrap/cluster.ts";
import { FluxInstall } from "./src/bootstrap/fluxInstall.ts";
import { FluxSecrets } from "./src/bootstrap/fluxSecrets.ts";
import { reachedMachines, reachedVersions } from "./src/config/lastRun.ts";
import { loadConfig } from "./src/config/load.ts";
import { Preflight } from "./src/config/preflight.ts";
import { prepareFluxBump, settleFluxBump } from "./src/flux/bump.ts";
import { HandOff } from "./src/flux/handOff.ts";
import { lookAtMachines } from "./src/talos/identity/lookAtMachines.ts";
import { Machines } from "./src/talos/machines.ts";

// All input is read and checked here, before the first resource; what follows works with plain, valid values.
const config = await loadConfig();

// A machine that is not the one it is taken for stops the run here, before anything is sent to it or taken from it.
await lookAtMachines(config);

// Another Flux is one changed line below; what it needs besides is looked at before anything is touched.
await prepareFluxBump(config);

// Nothing is touched before GitHub and the Git host have answered as the config says.
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

await settleFluxBump(config, { handOff, cluster, secrets });

export const talosconfig = machines.talosconfig;
export const kubeconfig = cluster.kubeconfig;
export const endpoint = config.cluster.endpoint;
// What this run has reached: read back by the next one, and therefore only there when everything has succeeded.
export const versions = pulumi.unsecret(handOff.proven.apply(() => reachedVersions(config)));
const members = pulumi.unsecret(handOff.proven.apply(() => reachedMachines(config)));
export { members as machines };
export const fluxPath = handOff.path;
