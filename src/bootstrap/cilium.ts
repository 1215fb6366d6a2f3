import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ciliumRepository } from "../config/ciliumRepository.ts";
import type { Config } from "../config/schema.ts";

/** Seconds that Helm waits for Cilium's pods. Pulling its images over a home's line takes minutes. */
const timeoutSeconds = 600;

/** Cilium as a real Helm release. Pulumi is its only writer: the Git tree holds its values, but no HelmRelease. */
export function ciliumRelease(
  name: string,
  config: Config,
  opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): kubernetes.helm.v3.Release {
  return new kubernetes.helm.v3.Release(
    name,
    {
      name: "cilium",
      namespace: "kube-system",
      chart: "cilium",
      version: config.versions.cilium,
      repositoryOpts: { repo: ciliumRepository },
      values: config.tree.ciliumValues,
      timeout: timeoutSeconds,
      // Not atomic: a failed first install would be uninstalled again, and the nodes would lose their network.
      atomic: false,
      cleanupOnFail: true,
      maxHistory: 2,
    },
    opts,
  );
}
