// The newest patch of every minor that this program knows, for telling people which stops to make on a longer way. Only
// advice: any version may be set. Renovate raises the patches.
import type { Component } from "./components.ts";

/** By component and minor. Source: the releases of siderolabs/talos, kubernetes/kubernetes, cilium/cilium, fluxcd/flux2. */
export const newestPatches: Readonly<Record<Component, Readonly<Record<string, string>>>> = {
  talos: { "1.11": "v1.11.6", "1.12": "v1.12.12", "1.13": "v1.13.10", "1.14": "v1.14.1" },
  kubernetes: {
    "1.30": "v1.30.14",
    "1.31": "v1.31.14",
    "1.32": "v1.32.13",
    "1.33": "v1.33.13",
    "1.34": "v1.34.11",
    "1.35": "v1.35.8",
    "1.36": "v1.36.4",
    "1.37": "v1.37.2",
  },
  cilium: { "1.18": "1.18.14", "1.19": "1.19.7", "1.20": "1.20.2" },
  flux: { "2.7": "v2.7.5", "2.8": "v2.8.8", "2.9": "v2.9.5" },
};
