// Something that is wrong by itself.
import type { SickPod } from "./details.ts";

/** Something that is wrong by itself. */
export interface Trouble {
  /** e.g. `HelmRelease default/podinfo fails` */
  readonly title: string;
  readonly message: string;
  /** Further lines: revisions, history, events, logs. */
  readonly details: readonly string[];
  readonly pods: readonly SickPod[];
  /** Whether it is about pods that do not become ready, and about nothing else. */
  readonly isOfPods?: boolean;
  /** Name of the Node that it is about, where nothing can run on it. */
  readonly deadNode?: string;
  /** Names of what waits for it. */
  readonly waiting: readonly string[];
  readonly todo: string;
}
