// Versions of what the program itself installs, wherever a text of the tree mentions them.

import type { Component } from "../../src/versions/components.ts";

/** Something that the program pins in one place. */
export interface Product {
  readonly component: Component;
  /** How its version is mentioned; the first group is the version. */
  readonly patterns: readonly RegExp[];
}

const version = String.raw`(v?\d+\.\d+\.\d+(?:-[\w-]+(?:\.[\w-]+)*)?)`;

/** Only forms that cannot mean anything else: a version beside a name in a sentence may be about the past. */
export const products: readonly Product[] = [
  {
    component: "flux",
    patterns: [
      new RegExp(String.raw`fluxcd/flux-manifests:${version}`, "g"),
      new RegExp(String.raw`fluxcd/flux2/[\w./-]*\?ref=${version}`, "g"),
      new RegExp(String.raw`fluxcd/flux2/(?:releases/download|raw)/${version}`, "g"),
    ],
  },
  {
    component: "talos",
    patterns: [
      new RegExp(String.raw`siderolabs/(?:installer|talos|talosctl):${version}`, "g"),
      new RegExp(String.raw`-installer(?:-secureboot)?/[0-9a-f]{64}:${version}`, "g"),
      new RegExp(String.raw`\btalosVersion:\s*["']?${version}`, "g"),
    ],
  },
  {
    component: "kubernetes",
    patterns: [
      new RegExp(
        String.raw`(?:siderolabs/kubelet|/kube-(?:apiserver|controller-manager|scheduler|proxy)):${version}`,
        "g",
      ),
      new RegExp(String.raw`\bkubernetesVersion:\s*["']?${version}`, "g"),
    ],
  },
  {
    component: "cilium",
    patterns: [
      new RegExp(String.raw`cilium/(?:cilium|operator-generic|hubble-relay|charts/cilium):${version}`, "g"),
      new RegExp(String.raw`\bcilium/cilium\b[^\n]*?--version[ =]"?${version}`, "g"),
    ],
  },
];
