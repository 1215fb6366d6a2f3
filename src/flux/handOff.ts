// Phase 5: Flux takes over. First its own controllers, then the Git tree; the last step proves it.
import type * as command from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { FluxSecrets } from "../bootstrap/fluxSecrets.ts";
import { fieldManager } from "../bootstrap/ownership.ts";
import type { Config } from "../config/config.ts";
import type { GivenOf } from "../steps/contract.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import { proveHandOff, suspendFlux, tryDeployKey, waitForSelfManagement } from "./contracts.ts";
import { repositoryWebhook } from "./webhook.ts";

type TreeObject = Config["tree"]["ociRepository"];

/** What {@link HandOff} needs. */
export interface HandOffArgs extends Pick<Config, "tree" | "git" | "github" | "suspend"> {
  readonly clusterId: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  /** How resources in the cluster are registered. */
  readonly inCluster: pulumi.CustomResourceOptions;
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
    const { tree, suspend, clusterId, kubeconfig: kubeconfigText, secrets } = args;
    const { deployKey } = secrets;
    const git = gitInput(args.git);
    // For the steps that wait for Flux: in vain while it is suspended.
    const inVain = suspend ? { suspend } : {};
    const write = (
      role: string,
      object: TreeObject,
      dependsOn: pulumi.Resource[],
      more: pulumi.CustomResourceOptions = {},
    ): pulumi.Resource => {
      const options = { ...args.inCluster, ...more, parent: this, dependsOn };
      return new kubernetes.apiextensions.CustomResource(
        `${name}-${role}`,
        written(object, suspend),
        options,
      );
    };
    const suspension = (dependsOn: pulumi.Resource[]): command.local.Command => {
      const given = { clusterId, suspend, kubeconfigText };
      return stepCommand(`${name}-suspension`, suspendFlux, given, { parent: this, dependsOn });
    };

    const source = write("flux-manifests", tree.ociRepository, []);
    const self = write("kustomization", tree.fluxKustomization, [source], formerly(`${name}-flux`));
    // Flux restarts its controllers when it takes them over; the tree waits until that is behind.
    const selfManaged = stepCommand(
      `${name}-self-management`,
      waitForSelfManagement,
      { clusterId, ...inVain, kubeconfigText },
      { parent: this, dependsOn: [self], ...formerly(`${name}-selfManagement`) },
    );
    // Whether the key can read Git depends neither on the cluster's API nor on whether Flux is suspended.
    const readable = stepCommand(
      `${name}-git-access`,
      tryDeployKey,
      { clusterId, git, deployKey },
      { parent: this, dependsOn: [secrets], ...formerly(`${name}-gitAccess`) },
    );

    // Whoever is resumed last finds all that it may prune at work. So children come before the source that has their parents
    // look at another commit, and the root is the last. Suspending goes the other way: a suspended root cannot take a child's
    // suspension back.
    const before = [selfManaged, readable];
    const resumed = suspend ? [] : [suspension(before)];
    // The file names the repository at home; the stack config may name another one (a lab's).
    const { gitRepository } = tree;
    const ours = { ...gitRepository, spec: { ...gitRepository.spec, url: git.url } };
    const repository = write("home-cluster", ours, [...before, ...resumed]);
    this.path = (tree.clusterKustomization.spec as unknown as { path: string }).path;
    const root = write("cluster", tree.clusterKustomization, [repository]);
    const proof = stepCommand(
      `${name}-proof`,
      proveHandOff,
      { clusterId, git, ...inVain, kubeconfigText, deployKey },
      { parent: this, dependsOn: [suspend ? suspension([root]) : root] },
    );
    this.proven = proof.stdout;
    // The Receiver comes with the tree: GitHub's first delivery is to find it.
    const last = { parent: this, dependsOn: [proof] };
    repositoryWebhook(`${name}-webhook`, args.github, secrets, last);
    this.registerOutputs({});
  }
}

/** Where Git is, for the steps that read it. */
export function gitInput({ url, branch, knownHosts }: Config["git"]): GivenOf<typeof proveHandOff>["git"] {
  return { url, branch, knownHosts: [...knownHosts] };
}

/** The name that the resource has in states of former versions: without it, another name is another resource. */
function formerly(name: string): { readonly aliases: pulumi.Alias[] } {
  return { aliases: [{ name }] };
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
