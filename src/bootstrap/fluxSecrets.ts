// Phase 3: what Flux needs before it can read Git: its namespace, the age key, a read-only deploy key; and the token with
// which GitHub signs what it sends.
import * as github from "@pulumi/github";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../config/config.ts";
import { deployKeyTitle } from "../config/deployKeys.ts";
import { resultOf, stepCommand } from "../steps/stepCommand.ts";
import { GithubProvider } from "./githubResources.ts";
import { fieldManager } from "./ownership.ts";
import { makeDeployKey, makeWebhookToken } from "./contracts.ts";

/** What {@link FluxSecrets} needs. */
export interface FluxSecretsArgs {
  readonly clusterName: string;
  readonly clusterId: pulumi.Output<string>;
  /** How resources in the cluster are registered. */
  readonly inCluster: pulumi.CustomResourceOptions;
  readonly github: Config["github"];
  /** Lines of a known_hosts file, for the Git host. */
  readonly knownHosts: readonly string[];
  readonly sopsAgeKey: pulumi.Output<string>;
  /** Whether `destroy` is to leave the age key. */
  readonly protect: boolean;
}

/**
 * What runs a step that makes a key: its command line, its inputs, what is logged. Another one would run it again, and so
 * be another key, although nobody wanted one (the provider runs `create` whenever an input changes). Replacing the resource
 * on purpose (`pulumi up --replace`) still makes a new one.
 */
const keptOnceMade = ["create", "environment", "logging"];

/** Makes Flux look at once when a Secret changes. */
const watched = { "reconcile.fluxcd.io/watch": "Enabled" };

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
    const { clusterName, clusterId, knownHosts, sopsAgeKey, protect } = args;
    const { owner, baseUrl, repository } = args.github;
    const inCluster = { ...args.inCluster, parent: this };
    const namespace = new kubernetes.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: "flux-system", annotations: fieldManager } },
      // Flux labels and annotates its own namespace.
      { ...inCluster, ignoreChanges: ["metadata.labels", "metadata.annotations"] },
    );
    const secret = (
      role: string,
      metadata: kubernetes.types.input.meta.v1.ObjectMeta,
      stringData: Record<string, pulumi.Input<string>>,
      more: pulumi.CustomResourceOptions = {},
    ): kubernetes.core.v1.Secret =>
      new kubernetes.core.v1.Secret(
        `${name}-${role}`,
        {
          metadata: { ...metadata, namespace: namespace.metadata.name, annotations: fieldManager },
          stringData,
        },
        { ...inCluster, ...more, dependsOn: [namespace] },
      );
    // decryption.secretRef names it in the tree; kustomize-controller takes the keys that end in `.agekey`.
    secret("age-key", { name: "age-key", labels: watched }, { "age.agekey": sopsAgeKey }, { protect });

    const kept = { parent: this, ignoreChanges: keptOnceMade };
    const pairMade = stepCommand(`${name}-deploy-key-pair`, makeDeployKey, { clusterName, clusterId }, kept);
    const pair = pulumi.secret(resultOf(makeDeployKey, pairMade));
    this.deployKey = pulumi.secret(pair.apply(({ privateKey }) => privateKey));
    const publicKey = pulumi.unsecret(pair.apply((keys) => keys.publicKey));
    this.github = new GithubProvider(`${name}-github`, { owner, baseUrl }, { parent: this });
    new github.RepositoryDeployKey(
      `${name}-deploy-key`,
      // The title is how `npm run recover` finds a key that a killed run registered and did not record.
      { repository, title: deployKeyTitle(clusterName), key: publicKey, readOnly: true },
      // GitHub refuses the same key twice, so a replacement cannot be created first.
      { parent: this, provider: this.github, deleteBeforeReplace: true },
    );
    // GitRepository home-cluster names it in its secretRef.
    secret(
      "deploy-key-secret",
      { name: "github-deploy-key" },
      {
        identity: this.deployKey,
        "identity.pub": publicKey,
        known_hosts: knownHosts.map((line) => `${line}\n`).join(""),
      },
    );

    const tokenMade = stepCommand(`${name}-webhook-token`, makeWebhookToken, { clusterId }, kept);
    this.webhookToken = pulumi.secret(resultOf(makeWebhookToken, tokenMade).apply(({ token }) => token));
    // Receiver github names it in its secretRef.
    const receiver = { name: "github-webhook-token", labels: watched };
    secret("webhook-token-secret", receiver, { token: this.webhookToken });
    this.registerOutputs({});
  }
}
