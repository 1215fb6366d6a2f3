// Everything that Flux's definitions hold in the cluster, as one YAML text that kubectl can apply again.
import { stringify } from "yaml";
import type { Kubernetes, KubeObject } from "../../steps/kubernetes.ts";
import type { Definition } from "./definitions.ts";

/** The text, with one document for each object; what only this cluster's API server knows is left out. */
export async function fluxObjects(
  kubernetes: Kubernetes,
  definitions: readonly Definition[],
): Promise<string> {
  const lists = await Promise.all(
    definitions.map(({ group, kind, storage }) => kubernetes.list(`${group}/${storage}`, kind)),
  );
  return lists
    .flat()
    .map((object) => `---\n${stringify(portable(object))}`)
    .join("");
}

function portable({ apiVersion, kind, metadata, spec }: KubeObject): object {
  const { name, namespace, labels, annotations } = metadata ?? {};
  // The client's dates and undefined fields are not for YAML.
  return JSON.parse(
    JSON.stringify({ apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec }),
  ) as object;
}
