// Versions of what the program itself installs, wherever a text of the tree mentions them.
import type { Component } from "../../src/versions/components.ts";

/** The pattern of a text before a version, which is its first group. */
const before = (text: string): RegExp =>
  new RegExp(String.raw`${text}(v?\d+\.\d+\.\d+(?:-[\w-]+(?:\.[\w-]+)*)?)`, "g");

/** Only forms that cannot mean anything else: a version beside a name in a sentence may be about the past. */
export const mentions: Readonly<Record<Component, readonly RegExp[]>> = {
  flux: [
    before("fluxcd/flux-manifests:"),
    before(String.raw`fluxcd/flux2/[\w./-]*\?ref=`),
    before("fluxcd/flux2/(?:releases/download|raw)/"),
  ],
  talos: [
    before("siderolabs/(?:installer|talos|talosctl):"),
    before("-installer(?:-secureboot)?/[0-9a-f]{64}:"),
    before(String.raw`\btalosVersion:\s*["']?`),
  ],
  kubernetes: [
    before("(?:siderolabs/kubelet|/kube-(?:apiserver|controller-manager|scheduler|proxy)):"),
    before(String.raw`\bkubernetesVersion:\s*["']?`),
  ],
  cilium: [
    before("cilium/(?:cilium|operator-generic|hubble-relay|charts/cilium):"),
    before(String.raw`\bcilium/cilium\b[^\n]*?--version[ =]"?`),
  ],
};
