// The phases, in order: preflight → talos → bootstrap → flux. Each hands its results to the next and never looks back. What
// happens inside a phase is in the folder of its name.
import { ciliumRelease } from "./bootstrap/cilium.ts";
import { Cluster } from "./bootstrap/cluster.ts";
import { FluxInstall } from "./bootstrap/fluxInstall.ts";
import { FluxSecrets } from "./bootstrap/fluxSecrets.ts";
import type { Config } from "./config/config.ts";
import { Preflight } from "./preflight/preflight.ts";
import { Protection } from "./config/protection.ts";
import { HandOff } from "./flux/handOff.ts";
import { Machines } from "./talos/machines.ts";
import { declaredNode } from "./talos/node/declared.ts";

/** Registers everything that there is. Asks nobody: whatever may stop a run beforehand has been asked in index.ts. */
export function homeOps(config: Config) {
  // The question of index.ts as a resource: the others wait for it, and a preview shows when it is asked something else.
  const preflight = new Preflight("preflight", config);

  // Machines wait for the preflight: a wrong token must not show on a half-built cluster.
  const machines = new Machines("talos", config, { dependsOn: [preflight] });

  // etcd waits for the machines' configs, Cilium for the API, the nodes for Cilium.
  const { controlPlanes, github, git, tree, suspend, protect } = config;
  const { name: clusterName, endpoint } = config.cluster;
  const nodes = config.nodes.map((node) => declaredNode(node, config));
  const cilium = ciliumRelease(config);
  const cluster = new Cluster("cluster", { endpoint, controlPlanes, nodes, machines, cilium });
  const { kubeconfig, provider } = cluster;
  const { clusterId, anchor } = machines;
  const inCluster = { provider, deletedWith: anchor };
  const sopsAgeKey = config.ageKey.identity;

  // Flux's keys wait for Ready nodes, so that a failure before that leaves no key at GitHub.
  const secrets = new FluxSecrets(
    "flux-secrets",
    { clusterName, clusterId, inCluster, github, knownHosts: git.knownHosts, sopsAgeKey, protect },
    { dependsOn: [cluster] },
  );

  // The controllers wait for the Secrets: the first thing they do is read them.
  const install = new FluxInstall(
    "flux-install",
    { clusterId, kubeconfig, treePath: tree.path, sopsAgeKey },
    { dependsOn: [secrets] },
  );

  // Custom resources wait for the CRDs and the controllers.
  const handOff = new HandOff(
    "flux",
    { tree, git, github, suspend, clusterId, kubeconfig, inCluster, secrets },
    { dependsOn: [install] },
  );

  // It waits for everything, so that `destroy` begins with it, and ends there while the stack is protected.
  const parts = [preflight, machines, cluster, secrets, install, handOff];
  new Protection("protection", config, { dependsOn: parts });

  return { machines, cluster, secrets, handOff };
}
