// Flux's own objects in the cluster before a bump: a backup of them, and how they are stored anew.
import { stringify } from "yaml";
import type { Kubernetes, KubeObject } from "../../steps/kubernetes.ts";
import type { Definition } from "./definitions.ts";

/** All that the definitions hold, as one YAML text that kubectl can apply again. */
export async function backupOf(kubernetes: Kubernetes, definitions: readonly Definition[]): Promise<string> {
  const lists = await Promise.all(definitions.map(async (definition) => objectsOf(kubernetes, definition)));
  return lists
    .flat()
    .map((object) => `---\n${stringify(portable(object))}`)
    .join("");
}

/** What only this cluster's API server knows is left out. */
function portable({ apiVersion, kind, metadata, spec }: KubeObject): object {
  const { name, namespace, labels, annotations } = metadata ?? {};
  // The client's dates and undefined fields are not for YAML.
  return JSON.parse(
    JSON.stringify({ apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec }),
  ) as object;
}

/**
 * Stores the objects of a definition anew in its storage version and says so in the definition, as `flux migrate` does. May be
 * run again at any point. Source: fluxcd/flux2 v2.9.4 cmd/flux/migrate.go. @returns how many objects there are
 */
export async function storeAnew(kubernetes: Kubernetes, definition: Definition): Promise<number> {
  const objects = await objectsOf(kubernetes, definition);
  for (const object of objects) await kubernetes.jsonPatch(object, inItsVersion(object));
  const { name, storage } = definition;
  const crd = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name } };
  await kubernetes.patchStatus(crd, { storedVersions: [storage] });
  return objects.length;
}

/** Field managers remember the version they wrote in; one that is gone would make every later write fail. */
function inItsVersion({ apiVersion, metadata }: KubeObject): readonly object[] {
  return (metadata?.managedFields ?? []).flatMap((field, index) =>
    field.apiVersion === apiVersion
      ? []
      : [{ op: "replace", path: `/metadata/managedFields/${String(index)}/apiVersion`, value: apiVersion }],
  );
}

async function objectsOf(
  kubernetes: Kubernetes,
  { group, storage, kind }: Definition,
): Promise<readonly KubeObject[]> {
  return kubernetes.list(`${group}/${storage}`, kind);
}
