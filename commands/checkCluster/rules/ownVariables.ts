import {
  listOf,
  substituteFromOf,
  textOf,
  valueAt,
  type FluxKustomization,
  type Reference,
  type TreeModel,
} from "../../../tree/index.ts";
import { injectionOf } from "../injected.ts";
import { finding, type Rule } from "../rule.ts";

/**
 * No Kustomization takes variables from what it delivers itself, or from what waits for it. A bad variable stops it, and then
 * nothing brings the corrected one: pushing the fix does not help any more. Only said of trees of this program, whose apps have
 * their variables from elsewhere; many others are laid out like that on purpose.
 * Source: kustomize-controller v1.9 reads substituteFrom from the cluster before it applies anything.
 */
export const ownVariables: Rule = {
  name: "own-variables",
  what: "no Kustomization takes variables from what it delivers itself, or a bad one could not be taken back",
  check: ({ model, isHandOff }) =>
    (isHandOff ? model.kustomizations : []).flatMap((kustomization) =>
      substituteFromOf(kustomization.spec).flatMap((reference, index) => {
        const by = delivererOf(model, kustomization, reference);
        if (by === undefined || !reaches(model, by, kustomization)) return [];
        const { name, namespace, object } = kustomization;
        const field = ["spec", "postBuild", "substituteFrom", index, "name"];
        const how =
          by === kustomization
            ? "which it delivers itself"
            : `which Kustomization ${by.namespace}/${by.name} delivers, and that one waits for it`;
        return finding(
          injectionOf(model, kustomization, field) ?? object.source,
          field,
          `Kustomization ${namespace}/${name} takes variables from ${reference.kind} ${reference.name}, ${how}: one bad variable stops it for ever, a push of the corrected one does not arrive`,
          "take it out of postBuild.substituteFrom, and variables out of what it applies; apps below it get theirs as before",
        );
      }),
    ),
};

/** The Kustomization that brings the object of a reference. */
function delivererOf(
  { placed }: TreeModel,
  { namespace }: FluxKustomization,
  { kind, name }: Reference,
): FluxKustomization | undefined {
  return placed.find(
    (object) =>
      object.data.kind === kind &&
      object.name === name &&
      (object.namespace ?? namespace) === namespace &&
      object.owner !== undefined,
  )?.owner;
}

/** Whether one waits for the other: it is the same, depends on it, or takes variables from what that one delivers. */
function reaches(model: TreeModel, from: FluxKustomization, to: FluxKustomization): boolean {
  const seen = new Set<FluxKustomization>();
  for (let next = [from]; next.length > 0;) {
    if (next.includes(to)) return true;
    for (const one of next) seen.add(one);
    next = next.flatMap((one) => neededBy(model, one)).filter((one) => !seen.has(one));
  }
  return false;
}

function neededBy(model: TreeModel, kustomization: FluxKustomization): readonly FluxKustomization[] {
  const { spec, namespace } = kustomization;
  const dependencies = listOf(spec["dependsOn"]).flatMap((entry) =>
    model.kustomizations.filter(
      (other) =>
        other.name === textOf(valueAt(entry, "name")) &&
        other.namespace === (textOf(valueAt(entry, "namespace")) ?? namespace),
    ),
  );
  const deliverers = substituteFromOf(spec).flatMap(
    (reference) => delivererOf(model, kustomization, reference) ?? [],
  );
  return [...dependencies, ...deliverers];
}
