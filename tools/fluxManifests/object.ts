// What all objects of the Flux install have in common.
import type { FluxSet } from "./sets.ts";

/** Namespace of Flux. The names of cluster-wide objects end in it, as `flux install` makes them. */
export const fluxNamespace = "flux-system";

/** A Kubernetes object. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Labels of every object of a release; with a component for those of one controller. */
export function fluxLabels(set: FluxSet, component?: string): Readonly<Record<string, string>> {
  return {
    ...(component === undefined ? {} : { "app.kubernetes.io/component": component }),
    "app.kubernetes.io/instance": fluxNamespace,
    "app.kubernetes.io/part-of": "flux",
    "app.kubernetes.io/version": set.version,
  };
}
