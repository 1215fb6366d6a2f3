// The newest patch of every minor that this program knows, for telling people which stops to make on a longer way. Only
// advice: any version may be set. Renovate raises the patches.

/** What has versions of its own. */
export type Component = "Talos" | "Kubernetes" | "Cilium" | "Flux";

/** By component and minor. Source: the releases of siderolabs/talos, kubernetes/kubernetes, cilium/cilium, fluxcd/flux2. */
export const newestPatches: Readonly<Record<Component, Readonly<Record<string, string>>>> = {
  Talos: { "1.11": "v1.11.6", "1.12": "v1.12.12", "1.13": "v1.13.10", "1.14": "v1.14.1" },
  Kubernetes: { "1.35": "v1.35.8", "1.36": "v1.36.4" },
  Cilium: { "1.19": "1.19.7", "1.20": "1.20.1" },
  Flux: { "2.7": "v2.7.5", "2.8": "v2.8.8", "2.9": "v2.9.5" },
};
