// Stores Flux's objects anew in their definition's storage version and says so in the definition, as `flux migrate` does.
// Source: fluxcd/flux2 v2.9.4 cmd/flux/migrate.go.
import type { Kubernetes, KubeObject } from "../../steps/kubernetes.ts";
import type { Definition } from "./definitions.ts";

/** Migrates the objects of one definition. May be run again at any point. @returns how many objects there are */
export async function migrateStorage(kubernetes: Kubernetes, definition: Definition): Promise<number> {
  const apiVersion = `${definition.group}/${definition.storage}`;
  const objects = await kubernetes.list(apiVersion, definition.kind);
  for (const object of objects) await kubernetes.jsonPatch(object, storeAnew(object, apiVersion));
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: definition.name },
  };
  await kubernetes.patchStatus(crd, { storedVersions: [definition.storage] });
  return objects.length;
}

/** Field managers remember the version they wrote in; one that is gone would make every later write fail. */
function storeAnew({ metadata }: KubeObject, apiVersion: string): readonly object[] {
  return (metadata?.managedFields ?? []).flatMap((field, index) =>
    field.apiVersion === apiVersion
      ? []
      : [{ op: "replace", path: `/metadata/managedFields/${String(index)}/apiVersion`, value: apiVersion }],
  );
}
