// Phase 5: Flux takes over. First its own controllers, then the Git tree; the last step proves it.
import type * as command from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../bootstrap/cluster.ts";
import type { FluxSecrets } from "../bootstrap/fluxSecrets.ts";
import { fieldManager } from "../bootstrap/ownership.ts";
import type { Config } from "../config/config.ts";
import type { GivenOf } from "../steps/contract.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import type { Machines } from "../talos/machines.ts";
import { proveHandOff, suspendFlux, tryDeployKey, waitForSelfManagement } from "./contracts.ts";
import { repositoryWebhook } from "./webhook.ts";

type TreeObject = Config["tree"]["ociRepository"];

/** What {@link HandOff} needs. */
export interface HandOffArgs {
  readonly config: Config;
  readonly machines: Machines;
  readonly cluster: Cluster;
  readonly secrets: FluxSecrets;
}

/**
 * The four objects through which Flux runs itself and the tree. Pulumi is their only writer: their files in the tree are
 * annotated so that Flux leaves them alone.
 */
export class HandOff extends pulumi.ComponentResource {
  /** Directory of the tree that Flux applies, e.g. `./cluster/flux`. */
  readonly path: string;
  /** Resolves when the last proof is there: everything before it has succeeded. */
  readonly proven: pulumi.Output<unknown>;

  constructor(name: string, args: HandOffArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:flux:HandOff", name, {}, opts);
    const { tree, git, suspend } = args.config;
    const inCluster = { parent: this, provider: args.cluster.provider, deletedWith: args.machines.anchor };

    const source = new kubernetes.apiextensions.CustomResource(
      `${name}-flux-manifests`,
      written(tree.ociRepository, suspend),
      inCluster,
    );
    const self = new kubernetes.apiextensions.CustomResource(
      `${name}-kustomization`,
      written(tree.fluxKustomization, suspend),
      {
        ...inCluster,
        dependsOn: [source],
        ...formerly(`${name}-flux`),
      },
    );
    // Flux restarts its controllers when it takes them over; the tree waits until that is behind.
    const selfManaged = this.#createSelfManagement(name, args, [self]);
    const readable = this.#createGitAccess(name, args, [args.secrets]);

    // Whoever is resumed last finds all that it may prune at work. So children come before the source that has their parents
    // look at another commit, and the root is the last. Suspending goes the other way: a suspended root cannot take a child's
    // suspension back.
    const before = [selfManaged, readable];
    const resumed = suspend ? [] : [this.#createSuspension(name, args, before)];
    const repository = new kubernetes.apiextensions.CustomResource(
      `${name}-home-cluster`,
      written(withUrl(tree.gitRepository, git.url), suspend),
      { ...inCluster, dependsOn: [...before, ...resumed] },
    );
    this.path = (tree.clusterKustomization.spec as unknown as { path: string }).path;
    const root = written(tree.clusterKustomization, suspend);
    const cluster = new kubernetes.apiextensions.CustomResource(`${name}-cluster`, root, {
      ...inCluster,
      dependsOn: [repository],
    });
    const settled = suspend ? this.#createSuspension(name, args, [cluster]) : cluster;
    const proof = this.#createProof(name, args, [settled]);
    this.proven = proof.stdout;
    // The Receiver comes with the tree: GitHub's first delivery is to find it.
    repositoryWebhook(`${name}-webhook`, args, { parent: this, dependsOn: [proof] });
    this.registerOutputs({});
  }

  #createSuspension(name: string, args: HandOffArgs, dependsOn: pulumi.Resource[]): command.local.Command {
    return stepCommand(
      `${name}-suspension`,
      suspendFlux,
      {
        clusterId: args.machines.clusterId,
        suspend: args.config.suspend,
        kubeconfigText: args.cluster.kubeconfig,
      },
      { parent: this, dependsOn },
    );
  }

  #createSelfManagement(
    name: string,
    args: HandOffArgs,
    dependsOn: pulumi.Resource[],
  ): command.local.Command {
    return stepCommand(
      `${name}-self-management`,
      waitForSelfManagement,
      {
        clusterId: args.machines.clusterId,
        ...suspension(args.config),
        kubeconfigText: args.cluster.kubeconfig,
      },
      { parent: this, dependsOn, ...formerly(`${name}-selfManagement`) },
    );
  }

  /** Whether the key can read Git depends neither on the cluster's API nor on whether Flux is suspended. */
  #createGitAccess(name: string, args: HandOffArgs, dependsOn: pulumi.Resource[]): command.local.Command {
    return stepCommand(
      `${name}-git-access`,
      tryDeployKey,
      {
        clusterId: args.machines.clusterId,
        git: gitInput(args.config),
        deployKey: args.secrets.deployKey,
      },
      { parent: this, dependsOn, ...formerly(`${name}-gitAccess`) },
    );
  }

  #createProof(name: string, args: HandOffArgs, dependsOn: pulumi.Resource[]): command.local.Command {
    return stepCommand(
      `${name}-proof`,
      proveHandOff,
      {
        clusterId: args.machines.clusterId,
        git: gitInput(args.config),
        ...suspension(args.config),
        kubeconfigText: args.cluster.kubeconfig,
        deployKey: args.secrets.deployKey,
      },
      { parent: this, dependsOn },
    );
  }
}

/** Where Git is, for the steps that read it. */
export function gitInput({ git }: Config): GivenOf<typeof proveHandOff>["git"] {
  return { url: git.url, branch: git.branch, knownHosts: [...git.knownHosts] };
}

/** The name that the resource has in states of former versions: without it, another name is another resource. */
function formerly(name: string): { readonly aliases: pulumi.Alias[] } {
  return { aliases: [{ name }] };
}

/** For the steps that wait for Flux: in vain while it is suspended. */
function suspension({ suspend }: Config): { readonly suspend?: boolean } {
  return suspend ? { suspend } : {};
}

/** The object as Pulumi writes it: as it stands in the tree, but suspended while Flux is. */
function written(
  { metadata, spec, ...object }: TreeObject,
  suspend: boolean,
): kubernetes.apiextensions.CustomResourceArgs {
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...fieldManager } },
    spec: suspend ? { ...spec, suspend: true } : spec,
  };
}

/** The file names the repository at home; the stack config may name another one (a lab's). */
function withUrl(repository: TreeObject, url: string): TreeObject {
  return { ...repository, spec: { ...repository.spec, url } };
}
