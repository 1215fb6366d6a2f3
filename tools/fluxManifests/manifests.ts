// All objects of a Flux install as one text, in the form of upstream's gotk-components.yaml.
import { stringify } from "yaml";
import { commonObjects } from "./common.ts";
import { controllerObjects } from "./controllers.ts";
import { fluxLabels, type KubeObject } from "./object.ts";
import type { FluxSet } from "./sets.ts";

/** Custom resource definitions by controller, as controller-gen makes them. */
export type Definitions = Readonly<Record<string, readonly KubeObject[]>>;

/** All objects but the custom resource definitions. */
export function installObjects(set: FluxSet): readonly KubeObject[] {
  return [
    ...commonObjects(set),
    ...set.controllers.flatMap((controller) => controllerObjects(set, controller)),
  ];
}

/** The text of `gotk-components.yaml`. The same input gives the same bytes. */
export function renderManifests(set: FluxSet, definitions: Definitions): string {
  const labelled = set.controllers.flatMap(({ name }) =>
    (definitions[name] ?? []).map((definition) => withLabels(definition, fluxLabels(set, name))),
  );
  const components = set.controllers.map(({ name }) => name).join(",");
  const header = `---\n# Flux version: ${set.version}\n# Components: ${components}\n`;
  // Definitions first: what comes later may be of their kinds.
  const [namespace, ...others] = installObjects(set);
  const objects = [...(namespace === undefined ? [] : [namespace]), ...labelled, ...others];
  return header + objects.map((object) => toYaml(object)).join("---\n");
}

function withLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } };
}

function toYaml(object: KubeObject): string {
  return stringify(object, { aliasDuplicateObjects: false, lineWidth: 0, version: "1.1" });
}
