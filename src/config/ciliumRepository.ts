/** Helm repository of the Cilium chart. Source: docs.cilium.io, installation with Helm. */
export const ciliumRepository = "https://helm.cilium.io/";
