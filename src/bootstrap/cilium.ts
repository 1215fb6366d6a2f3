import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { isCiliumChange } from "../config/lastRun.ts";
import type { Config } from "../config/config.ts";
import { chartSource } from "./ciliumChart.ts";

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
  const changes = isCiliumChange(config);
  return new kubernetes.helm.v3.Release(
    name,
    {
      name: "cilium",
      namespace: "kube-system",
      ...chartSource(config),
      version: config.versions.cilium,
      values: config.tree.ciliumValues,
      timeout: config.upgrades.ciliumSeconds,
      atomic: changes,
      cleanupOnFail: true,
      maxHistory: 2,
    },
    changes ? opts : { ...opts, ignoreChanges: ["atomic"] },
  );
}
