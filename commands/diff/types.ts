// What a change of the Git tree does to the objects that Flux applies. `npm run diff -- REF --json` prints a ClusterDiff.

/** All of it. */
export interface ClusterDiff {
  /** The ref that is compared with. */
  readonly from: string;
  /** The other ref, or "the working tree". */
  readonly to: string;
  readonly outcome: "nothing" | "changes";
  /** What does not build, so that nothing can be said about it; empty when the diff is complete. */
  readonly unknown: readonly UnknownPart[];
  /** What is lost that nobody brings back. */
  readonly losses: readonly string[];
  /** Charts of HelmReleases that come, go or change. */
  readonly charts: readonly ChartChange[];
  /** By name; those without a change are left out. */
  readonly kustomizations: readonly KustomizationDiff[];
}

/** A Kustomization that does not build, with all that is below it. */
export interface UnknownPart {
  readonly side: "from" | "to";
  readonly kustomization: string;
  readonly reason: string;
}

/** A HelmRelease whose chart is another one. */
export interface ChartChange {
  /** e.g. `networking/traefik` */
  readonly release: string;
  /** e.g. `traefik 37.4.0`; undefined when the release is new. */
  readonly from: string | undefined;
  /** Undefined when it is gone. */
  readonly to: string | undefined;
}

/** A Flux Kustomization with a change. */
export interface KustomizationDiff {
  /** e.g. `flux-system/traefik` */
  readonly name: string;
  /** Its path in the repository. */
  readonly path: string;
  readonly state: "added" | "removed" | "changed";
  /** Whether it is suspended, so that nothing happens yet. */
  readonly suspended: boolean;
  readonly objects: readonly ObjectDiff[];
}

/** An object with a change. */
export interface ObjectDiff {
  /** e.g. `HelmRelease networking/traefik` */
  readonly name: string;
  readonly state: "added" | "removed" | "changed" | "moved";
  /** The file that it comes from, relative to the repository; null where nobody knows. */
  readonly file: string | null;
  /** The Kustomization that had it before; only of one that moved. */
  readonly movedFrom?: string;
  /** What comes of it in the cluster; only where that is more than being applied. */
  readonly note?: string;
  /** Unified diffs as YAML, secrets masked; of a HelmRelease its values first. */
  readonly diffs: readonly TitledDiff[];
}

/** A part of an object. */
export interface TitledDiff {
  /** e.g. `values`; empty for the whole object. */
  readonly title: string;
  readonly diff: string;
}
