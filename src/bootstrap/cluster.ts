// Phase 2: from configured machines to a Kubernetes cluster whose nodes are Ready.
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { Config } from "../config/config.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import type { Machines } from "../talos/machines.ts";
import type { DeclaredNode } from "../talos/contracts.ts";
import { machineRef } from "../talos/node/declared.ts";
import type { CiliumRelease } from "./cilium.ts";
import { requireCluster, withServer } from "./kubeconfig.ts";
import { bootstrapEtcd, waitForApi, waitForNodes } from "./contracts.ts";

/** What {@link Cluster} needs. */
export interface ClusterArgs {
  /** URL of the API server, e.g. `https://192.0.2.10:6443`. */
  readonly endpoint: string;
  readonly controlPlanes: Config["controlPlanes"];
  /** All machines, as their Nodes have to show them. */
  readonly nodes: readonly DeclaredNode[];
  readonly machines: Machines;
  readonly cilium: CiliumRelease;
}

/** etcd, an admin kubeconfig, the one Kubernetes provider, Cilium. */
export class Cluster extends pulumi.ComponentResource {
  /** Admin kubeconfig; secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** The only way to the cluster's API; every Kubernetes resource uses it. */
  readonly provider: kubernetes.Provider;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:bootstrap:Cluster", name, {}, opts);
    const { endpoint, controlPlanes, nodes, machines, cilium } = args;
    const { clusterId, clientConfiguration, credentials: talosconfigText } = machines;
    const etcd = stepCommand(
      `${name}-etcd`,
      bootstrapEtcd,
      { clusterId, controlPlanes: controlPlanes.map(machineRef), talosconfigText },
      { parent: this, dependsOn: [machines] },
    );
    const [{ address }] = controlPlanes;
    const timeouts = { create: "5m", update: "5m" };
    const fetched = new talos.cluster.Kubeconfig(
      `${name}-kubeconfig`,
      { node: address, endpoint: address, clientConfiguration, timeouts },
      {
        parent: this,
        dependsOn: [etcd],
        additionalSecretOutputs: ["clientConfiguration", "kubernetesClientConfiguration"],
        // It must stay known in every later preview: an unknown kubeconfig makes every Kubernetes resource unknown too.
        // Which control plane gave it does not matter, and its address is put in below. A time limit is no reason to touch it
        // either: clusters that were made without one keep the provider's ten minutes.
        ignoreChanges: ["node", "endpoint", "clientConfiguration", "timeouts"],
      },
    );
    // Fetched once; where it leads is what the config says by now.
    this.kubeconfig = pulumi.secret(
      fetched.kubeconfigRaw.apply((raw) => withServer(requireCluster(raw), endpoint)),
    );
    const kubeconfigText = this.kubeconfig;
    // A kubeconfig is there some seconds before the API answers, and the provider asks only once: what it could not reach
    // then it takes for unreachable as long as it lives.
    const apiReady = stepCommand(
      `${name}-api-ready`,
      waitForApi,
      { kubeconfigText },
      { parent: this, dependsOn: [fetched] },
    );
    this.provider = new kubernetes.Provider(
      `${name}-kubernetes`,
      {
        kubeconfig: this.kubeconfig,
        // A renewed certificate or a moved endpoint is the same cluster; only new machine secrets make a new one.
        clusterIdentifier: clusterId,
        // Changing a Secret in place: replacing it would take the keys from Flux for a moment.
        enableSecretMutable: true,
        enableConfigMapMutable: true,
        // From provider 4.29 on a create refuses an object that exists, such as one made by a run that was killed; this
        // brings back the create that takes it over. Provider 4.25 does that anyway and ignores the key.
        ...{ upsertExistingObjects: true },
      },
      { parent: this, dependsOn: [apiReady] },
    );
    const network = new kubernetes.helm.v3.Release(`${name}-cilium`, cilium.release, {
      ...cilium.opts,
      parent: this,
      provider: this.provider,
      deletedWith: machines.anchor,
      dependsOn: [apiReady],
    });
    // Without a network no node is Ready, so this waits for Cilium and not the other way round.
    const after = { parent: this, dependsOn: [network] };
    stepCommand(`${name}-nodes-ready`, waitForNodes, { nodes, kubeconfigText }, after);
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }
}
