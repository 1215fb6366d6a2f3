import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ciliumRepository } from "../config/ciliumRepository.ts";
import { fingerprint } from "../config/lastRun.ts";
import type { Config } from "../config/schema.ts";

/**
 * Cilium as a real Helm release. Pulumi is its only writer: the Git tree holds its values, but no HelmRelease.
 *
 * `atomic` is what makes Helm go back after a failed upgrade, and what makes it uninstall a failed install, which would take
 * the network from the nodes that have one. So the install is not atomic and every change after it is. A run that changes
 * nothing else keeps what is there: the flag alone is no reason for a Helm upgrade (docs/decisions/0008).
 */
export function ciliumRelease(
  name: string,
  config: Config,
  opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): kubernetes.helm.v3.Release {
  const changes = isChange(config);
  return new kubernetes.helm.v3.Release(
    name,
    {
      name: "cilium",
      namespace: "kube-system",
      chart: "cilium",
      version: config.versions.cilium,
      repositoryOpts: { repo: ciliumRepository },
      values: config.tree.ciliumValues,
      timeout: config.upgrades.ciliumSeconds,
      atomic: changes,
      cleanupOnFail: true,
      maxHistory: 2,
    },
    changes ? opts : { ...opts, ignoreChanges: ["atomic"] },
  );
}

/** Whether this is another Cilium than the last finished run left, as far as it says. False on a cluster that has none yet. */
function isChange({ lastRun, versions, tree }: Config): boolean {
  const { cilium, ciliumValues } = lastRun.versions;
  if (cilium === undefined) return false;
  if (cilium !== versions.cilium) return true;
  return ciliumValues !== undefined && ciliumValues !== fingerprint(tree.ciliumValues);
}
