import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ciliumRepository } from "../config/ciliumRepository.ts";
import type { Config } from "../config/config.ts";
import { isCiliumChange } from "../config/lastRun.ts";
import { chartFile } from "../steps/keptChart.ts";
import { usesKeptChart } from "./ciliumChart.ts";

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
  const chart = { chart: "cilium", version: config.versions.cilium };
  return {
    release: {
      name: "cilium",
      namespace: "kube-system",
      ...chart,
      ...(usesKeptChart(config)
        ? { chart: chartFile(pulumi.getStack(), chart) }
        : { repositoryOpts: { repo: ciliumRepository } }),
      values: config.tree.ciliumValues,
      timeout: config.upgrades.ciliumSeconds,
      atomic,
      cleanupOnFail: true,
      maxHistory: 2,
    },
    opts: atomic ? {} : { ignoreChanges: ["atomic"] },
  };
}
