// What a cluster has versions of.

/** Everything that has a version, in the order in which one run brings it. */
export const components = ["talos", "kubernetes", "cilium", "flux"] as const;

/** One of them. */
export type Component = (typeof components)[number];

/** The versions of one cluster, e.g. `v1.13.9`, `v1.36.3`, `1.20.1`, `v2.9.4`; undefined where one is not known. */
export type Versions = Readonly<Partial<Record<Component, string | undefined>>>;

/** What has another version on one side than on the other, where both are known. */
export function changes(before: Versions, after: Versions): readonly Component[] {
  return components.filter(
    (key) => before[key] !== undefined && after[key] !== undefined && before[key] !== after[key],
  );
}

/** Names for people. */
export const names: Readonly<Record<Component, string>> = {
  talos: "Talos",
  kubernetes: "Kubernetes",
  cilium: "Cilium",
  flux: "Flux",
};

/** Where the version is set, for messages. */
export const settings: Readonly<Record<Component, string>> = {
  talos: "versions.talos",
  kubernetes: "versions.kubernetes",
  cilium: "versions.cilium",
  flux: "the OCIRepository's tag in the tree",
};
