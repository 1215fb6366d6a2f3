// The Flux releases whose manifests can be made here.

/** A controller of a release. */
export interface FluxController {
  /** e.g. `source-controller` */
  readonly name: string;
  /** Tag of its image, e.g. `v1.9.4`. */
  readonly version: string;
  /** Versions of its API, as folders of its Go module `github.com/fluxcd/<name>/api`. */
  readonly apis: readonly string[];
}

/** A release. */
export interface FluxSet {
  /** e.g. `v2.9.4` */
  readonly version: string;
  /** Recipe folder with the controllers' modules, e.g. `flux-2.9`. */
  readonly recipe: string;
  readonly controllers: readonly FluxController[];
}

/** All releases. Source: fluxcd/flux2 releases v2.9.4 and v2.7.3, their components. */
export const fluxSets: readonly FluxSet[] = [
  {
    version: "v2.9.4",
    recipe: "flux-2.9",
    controllers: [
      { name: "source-controller", version: "v1.9.4", apis: ["v1", "v1beta1", "v1beta2"] },
      { name: "kustomize-controller", version: "v1.9.4", apis: ["v1", "v1beta1", "v1beta2"] },
      { name: "helm-controller", version: "v1.6.3", apis: ["v2", "v2beta1", "v2beta2"] },
      { name: "notification-controller", version: "v1.9.3", apis: ["v1", "v1beta1", "v1beta2", "v1beta3"] },
    ],
  },
  {
    version: "v2.7.3",
    recipe: "flux-2.7",
    controllers: [
      { name: "source-controller", version: "v1.7.3", apis: ["v1", "v1beta1", "v1beta2"] },
      { name: "kustomize-controller", version: "v1.7.2", apis: ["v1", "v1beta1", "v1beta2"] },
      { name: "helm-controller", version: "v1.4.3", apis: ["v2", "v2beta1", "v2beta2"] },
      { name: "notification-controller", version: "v1.7.4", apis: ["v1", "v1beta1", "v1beta2", "v1beta3"] },
    ],
  },
];
