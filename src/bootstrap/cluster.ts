// Phase 2: from configured machines to a Kubernetes cluster whose nodes are Ready.
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { Config } from "../config/config.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import type { Machines } from "../talos/machines.ts";
import { declaredNode, machineRef } from "../talos/node/declared.ts";
import { ciliumRelease } from "./cilium.ts";
import { requireCluster, withServer } from "./kubeconfig.ts";
import { bootstrapEtcd, waitForApi, waitForNodes } from "./contracts.ts";

/** What {@link Cluster} needs. */
export interface ClusterArgs {
  readonly config: Config;
  readonly machines: Machines;
}

/** etcd, an admin kubeconfig, the one Kubernetes provider, Cilium. */
export class Cluster extends pulumi.ComponentResource {
  /** Admin kubeconfig; secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** The only way to the cluster's API; every Kubernetes resource uses it. */
  readonly provider: kubernetes.Provider;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:bootstrap:Cluster", name, {}, opts);
    const { config, machines } = args;
    const etcd = this.#createEtcd(name, config, machines);
    const kubeconfig = this.#createKubeconfig(name, config, machines, etcd);
    // Fetched once; where it leads is what the config says by now.
    this.kubeconfig = pulumi.secret(
      kubeconfig.kubeconfigRaw.apply((raw) => withServer(requireCluster(raw), config.cluster.endpoint)),
    );
    // A kubeconfig is there some seconds before the API answers, and the provider asks only once: what it could not reach
    // then it takes for unreachable as long as it lives.
    const kubeconfigText = this.kubeconfig;
    const apiReady = stepCommand(
      `${name}-api-ready`,
      waitForApi,
      { kubeconfigText },
      { parent: this, dependsOn: [kubeconfig] },
    );
    this.provider = this.#createProvider(name, machines, apiReady);
    const cilium = ciliumRelease(`${name}-cilium`, config, {
      parent: this,
      provider: this.provider,
      deletedWith: machines.anchor,
      dependsOn: [apiReady],
    });
    // Without a network no node is Ready, so this waits for Cilium and not the other way round.
    const nodes = config.nodes.map((node) => declaredNode(node, config));
    stepCommand(
      `${name}-nodes-ready`,
      waitForNodes,
      { nodes, kubeconfigText },
      { parent: this, dependsOn: [cilium] },
    );
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }

  #createEtcd(name: string, config: Config, machines: Machines): pulumi.Resource {
    return stepCommand(
      `${name}-etcd`,
      bootstrapEtcd,
      {
        clusterId: machines.clusterId,
        controlPlanes: config.controlPlanes.map(machineRef),
        talosconfigText: machines.credentials,
      },
      { parent: this, dependsOn: [machines] },
    );
  }

  #createKubeconfig(
    name: string,
    config: Config,
    machines: Machines,
    etcd: pulumi.Resource,
  ): talos.cluster.Kubeconfig {
    return new talos.cluster.Kubeconfig(
      `${name}-kubeconfig`,
      {
        node: config.controlPlanes[0].address,
        endpoint: config.controlPlanes[0].address,
        clientConfiguration: machines.clientConfiguration,
        timeouts: { create: "5m", update: "5m" },
      },
      {
        parent: this,
        dependsOn: [etcd],
        additionalSecretOutputs: ["clientConfiguration", "kubernetesClientConfiguration"],
        // It must stay known in every later preview: an unknown kubeconfig makes every Kubernetes resource unknown too.
        // Which control plane gave it does not matter, and its address is put in above. A time limit is no reason to touch it
        // either: clusters that were made without one keep the provider's ten minutes.
        ignoreChanges: ["node", "endpoint", "clientConfiguration", "timeouts"],
      },
    );
  }

  #createProvider(name: string, machines: Machines, apiReady: pulumi.Resource): kubernetes.Provider {
    return new kubernetes.Provider(
      `${name}-kubernetes`,
      {
        kubeconfig: this.kubeconfig,
        // A renewed certificate or a moved endpoint is the same cluster; only new machine secrets make a new one.
        clusterIdentifier: machines.clusterId,
        // Changing a Secret in place: replacing it would take the keys from Flux for a moment.
        enableSecretMutable: true,
        enableConfigMapMutable: true,
        // From provider 4.29 on a create refuses an object that exists, such as one made by a run that was killed; this
        // brings back the create that takes it over. Provider 4.25 does that anyway and ignores the key.
        ...{ upsertExistingObjects: true },
      },
      { parent: this, dependsOn: [apiReady] },
    );
  }
}
