import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { isCiliumChange } from "../config/lastRun.ts";
import type { Config } from "../config/config.ts";
import { chartSource } from "./ciliumChart.ts";

/** Inputs of Cilium's release, and what of them a run leaves as it is. */
export interface CiliumRelease {
  readonly release: kubernetes.helm.v3.ReleaseArgs;
  readonly opts: pulumi.CustomResourceOptions;
}

/**
 * Cilium as a real Helm release. Pulumi is its only writer: the Git tree holds its values, but no HelmRelease.
 *
 * `atomic` is what makes Helm go back after a failed upgrade, and what makes it uninstall a failed install, which would take
 * the network from the nodes that have one. So the install is not atomic and every change after it is. A run that changes
 * nothing else keeps what is there: the flag alone is no reason for a Helm upgrade (docs/decisions/0008).
 */
export function ciliumRelease(config: Config): CiliumRelease {
  const atomic = isCiliumChange(config);
  return {
    release: {
      name: "cilium",
      namespace: "kube-system",
      ...chartSource(config),
      version: config.versions.cilium,
      values: config.tree.ciliumValues,
      timeout: config.upgrades.ciliumSeconds,
      atomic,
      cleanupOnFail: true,
      maxHistory: 2,
    },
    opts: atomic ? {} : { ignoreChanges: ["atomic"] },
  };
}
