// What the last finished run left behind: the stack's own outputs, read back. A program does not know what runs in the
// cluster; this is the nearest it gets to it without a cluster that answers. A run that failed leaves the outputs of the
// last one that did not (index.ts exports them only behind the proof).
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config.ts";
import type { Versions } from "./skew.ts";

/** Versions that a run brought the cluster to, with the contract it was born with. Parts may be missing. */
export interface ReachedVersions extends Versions {
  /** e.g. `v1.12` */
  readonly talosContract?: string | undefined;
  /** {@link fingerprint} of the values of Cilium's chart. */
  readonly ciliumValues?: string | undefined;
}

/** What a run leaves. */
export interface LastRun {
  /** Empty before the first run has finished. */
  readonly versions: ReachedVersions;
  /** Admin kubeconfig; a secret. Undefined before the first run has finished. */
  readonly kubeconfig?: string | undefined;
}

/** Reads it. Nothing is read from a cluster. Source of the invoke: the one behind pulumi.StackReference. */
export async function readLastRun(): Promise<LastRun> {
  const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {
    name: pulumi.getStack(),
  });
  const { outputs = {} } = answer as { readonly outputs?: Readonly<Record<string, unknown>> };
  const versions = outputs["versions"];
  const kubeconfig = outputs["kubeconfig"];
  return {
    versions: typeof versions === "object" && versions !== null ? versions : {},
    kubeconfig: typeof kubeconfig === "string" ? kubeconfig : undefined,
  };
}

/** What a run with this config reaches, for its outputs. */
export function reachedVersions({ versions, tree, cluster }: Config): ReachedVersions {
  return {
    ...versions,
    flux: tree.fluxVersion,
    talosContract: cluster.talosContract,
    ciliumValues: fingerprint(tree.ciliumValues),
  };
}

/** Short, and another one for other values. */
export function fingerprint(values: Readonly<Record<string, unknown>>): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 12);
}
