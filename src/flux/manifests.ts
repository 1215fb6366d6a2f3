// Any Kubernetes object as a Pulumi resource, registered synchronously: a component that waits for these waits for all
// of them, which the SDK's own YAML components do not promise.
import * as pulumi from "@pulumi/pulumi";
import { fieldManager } from "../bootstrap/ownership.ts";

/** An object as it stands in a YAML file. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** One object. Its token is what the Kubernetes provider expects of a custom resource: `kubernetes:<apiVersion>:<kind>`. */
export class KubeManifest extends pulumi.CustomResource {
  constructor(name: string, manifest: Manifest, opts: pulumi.CustomResourceOptions) {
    const { metadata } = manifest;
    super(
      `kubernetes:${manifest.apiVersion}:${manifest.kind}`,
      name,
      {
        ...manifest,
        metadata: { ...metadata, annotations: { ...metadata.annotations, ...fieldManager } },
        status: undefined,
      },
      opts,
    );
  }
}
