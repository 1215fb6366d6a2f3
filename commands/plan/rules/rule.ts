// What a rule says, and what the rules share.
import type { Change } from "../changes.ts";
import type { Work } from "../estimates.ts";
import type { Action } from "../preview.ts";
import type { Impact } from "../types.ts";

/** One rule. */
export interface Rule {
  /** Logical names of the resources; the group `machine` holds a machine's name. */
  readonly name: RegExp;
  readonly type?: RegExp;
  readonly action?: readonly Action[];
  readonly some?: (change: Change) => boolean;
  readonly every?: (change: Change) => boolean;
  /**
   * What to say of it. Without: the step only looks, or follows from another one, and has no row of its own unless an
   * input changes that is not in `follows`.
   */
  readonly row?: {
    /** Component; undefined for the machine, or for the resource itself where it is about none. */
    readonly on?: string;
    readonly what: string;
    readonly impact: Impact;
    /** Impact in a cluster of one machine, where it is another one. */
    readonly alone?: Impact;
    readonly destructive?: true;
    /** Changed inputs that the row shows, with the prefix to leave out; without, it shows none. */
    readonly shows?: RegExp;
    /** Whether the row names each value; for several ones that are alike. */
    readonly named?: true;
    /** What the row shows instead, taken from the new inputs or the old ones: a path, and which part of the text. */
    readonly value?: { readonly path: string; readonly part?: RegExp };
    readonly warning?: string;
  };
  readonly because: string;
  /** Default: a write where the rule has a row, otherwise a look. */
  readonly takes?: Work;
  readonly follows?: RegExp;
}

/** Ways for a resource to lose what it holds. */
export const lost: readonly Action[] = ["delete", "replace"];

/** Whether a changed input is one of these variables of a step. */
export function variable(...names: readonly string[]): (change: Change) => boolean {
  return ({ path }) => names.some((name) => path === `environment.${name}`);
}

/** Inputs of steps that follow from what other rows show: versions, machines, keys; and the command line, which runs the same. */
export const derived =
  /^(?:create|delete)$|^environment\.(CONFIG_HASH|MACHINES|NODES|CONTROL_PLANES|WORKERS|(TALOS|KUBERNETES|CILIUM)_VERSION|SCHEMATIC_ID|INSTALLER|CLUSTER_ID|NODE_(NAME|ADDRESS|ROLE)|GENERATION|GIT_(URL|BRANCH|KNOWN_HOSTS)|GITHUB_(OWNER|REPOSITORY|BASE_URL)|WEBHOOK_URL|TALOSCONFIG_TEXT|KUBECONFIG_TEXT|DEPLOY_KEY|SOPS_AGE_KEY|SUSPEND)$/;
