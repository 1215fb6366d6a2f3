// Phase 3: what Flux needs before it can read Git: its namespace, the age key, a read-only deploy key; and the token with
// which GitHub signs what it sends.
import * as github from "@pulumi/github";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../config/config.ts";
import { deployKeyTitle } from "../config/deployKeys.ts";
import type { ResultOf } from "../steps/contract.ts";
import { resultOf, stepCommand } from "../steps/stepCommand.ts";
import type { Machines } from "../talos/machines.ts";
import type { Cluster } from "./cluster.ts";
import { GithubProvider } from "./githubResources.ts";
import { fieldManager } from "./ownership.ts";
import { makeDeployKey, makeWebhookToken } from "./contracts.ts";

/** What {@link FluxSecrets} needs. */
export interface FluxSecretsArgs {
  readonly config: Config;
  readonly machines: Machines;
  readonly cluster: Cluster;
}

const namespaceName = "flux-system";

/**
 * What runs a step that makes a key: its command line, its inputs, what is logged. Another one would run it again, and so
 * be another key, although nobody wanted one (the provider runs `create` whenever an input changes). Replacing the resource
 * on purpose (`pulumi up --replace`) still makes a new one.
 */
const keptOnceMade = ["create", "environment", "logging"];

/**
 * Namespace `flux-system` with the Secrets `age-key`, `github-deploy-key` and `github-webhook-token`, and the deploy key's
 * public half at GitHub.
 */
export class FluxSecrets extends pulumi.ComponentResource {
  /** Private half of the deploy key, OpenSSH format; secret. */
  readonly deployKey: pulumi.Output<string>;
  /** Token of the Receiver `github`; secret. */
  readonly webhookToken: pulumi.Output<string>;
  /** GitHub, with the token of the environment. */
  readonly github: GithubProvider;

  constructor(name: string, args: FluxSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:bootstrap:FluxSecrets", name, {}, opts);
    const { config, cluster } = args;
    const inCluster = { parent: this, provider: cluster.provider, deletedWith: args.machines.anchor };
    const namespace = this.#createNamespace(name, inCluster);
    this.#createAgeKey(name, config, namespace, inCluster);

    const pair = this.#createKeyPair(name, config, args.machines);
    this.deployKey = pulumi.secret(pair.apply((keys) => keys.privateKey));
    const publicKey = pulumi.unsecret(pair.apply((keys) => keys.publicKey));
    this.github = new GithubProvider(
      `${name}-github`,
      { owner: config.github.owner, baseUrl: config.github.baseUrl },
      { parent: this },
    );
    this.#createDeployKey(name, config, publicKey);
    this.#createDeployKeySecret(name, config, publicKey, namespace, inCluster);
    this.webhookToken = this.#createWebhookToken(name, args.machines);
    this.#createWebhookTokenSecret(name, namespace, inCluster);
    this.registerOutputs({});
  }

  #createNamespace(name: string, opts: pulumi.CustomResourceOptions): kubernetes.core.v1.Namespace {
    return new kubernetes.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: namespaceName, annotations: fieldManager } },
      // Flux labels and annotates its own namespace.
      { ...opts, ignoreChanges: ["metadata.labels", "metadata.annotations"] },
    );
  }

  #createAgeKey(
    name: string,
    config: Config,
    namespace: kubernetes.core.v1.Namespace,
    opts: pulumi.CustomResourceOptions,
  ): void {
    new kubernetes.core.v1.Secret(
      `${name}-age-key`,
      {
        // `age-key` is what decryption.secretRef names in the tree; the label makes Flux look at once when it changes.
        metadata: {
          name: "age-key",
          namespace: namespace.metadata.name,
          labels: { "reconcile.fluxcd.io/watch": "Enabled" },
          annotations: fieldManager,
        },
        // kustomize-controller takes the keys that end in `.agekey`.
        stringData: { "age.agekey": config.ageKey.identity },
      },
      { ...opts, protect: config.protect, dependsOn: [namespace] },
    );
  }

  #createKeyPair(
    name: string,
    config: Config,
    machines: Machines,
  ): pulumi.Output<ResultOf<typeof makeDeployKey>> {
    const step = stepCommand(
      `${name}-deploy-key-pair`,
      makeDeployKey,
      { clusterName: config.cluster.name, clusterId: machines.clusterId },
      { parent: this, ignoreChanges: keptOnceMade },
    );
    return pulumi.secret(resultOf(makeDeployKey, step));
  }

  #createDeployKey(name: string, config: Config, publicKey: pulumi.Output<string>): void {
    new github.RepositoryDeployKey(
      `${name}-deploy-key`,
      {
        repository: config.github.repository,
        // The title is how `npm run recover` finds a key that a killed run registered and did not record.
        title: deployKeyTitle(config.cluster.name),
        key: publicKey,
        readOnly: true,
      },
      // GitHub refuses the same key twice, so a replacement cannot be created first.
      { parent: this, provider: this.github, deleteBeforeReplace: true },
    );
  }

  #createDeployKeySecret(
    name: string,
    config: Config,
    publicKey: pulumi.Output<string>,
    namespace: kubernetes.core.v1.Namespace,
    opts: pulumi.CustomResourceOptions,
  ): void {
    new kubernetes.core.v1.Secret(
      `${name}-deploy-key-secret`,
      {
        // GitRepository home-cluster names it in its secretRef.
        metadata: {
          name: "github-deploy-key",
          namespace: namespace.metadata.name,
          annotations: fieldManager,
        },
        stringData: {
          identity: this.deployKey,
          "identity.pub": publicKey,
          known_hosts: config.git.knownHosts.map((line) => `${line}\n`).join(""),
        },
      },
      { ...opts, dependsOn: [namespace] },
    );
  }

  #createWebhookToken(name: string, machines: Machines): pulumi.Output<string> {
    const step = stepCommand(
      `${name}-webhook-token`,
      makeWebhookToken,
      { clusterId: machines.clusterId },
      { parent: this, ignoreChanges: keptOnceMade },
    );
    return pulumi.secret(resultOf(makeWebhookToken, step).apply(({ token }) => token));
  }

  #createWebhookTokenSecret(
    name: string,
    namespace: kubernetes.core.v1.Namespace,
    opts: pulumi.CustomResourceOptions,
  ): void {
    new kubernetes.core.v1.Secret(
      `${name}-webhook-token-secret`,
      {
        // Receiver github names it in its secretRef; the label makes it take another token at once.
        metadata: {
          name: "github-webhook-token",
          namespace: namespace.metadata.name,
          labels: { "reconcile.fluxcd.io/watch": "Enabled" },
          annotations: fieldManager,
        },
        stringData: { token: this.webhookToken },
      },
      { ...opts, dependsOn: [namespace] },
    );
  }
}
