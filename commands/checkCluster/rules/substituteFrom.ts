import { isUnknown } from "../sources.ts";
import { providersOf, substituteFromOf } from "../../../src/flux/tree/model/variables.ts";
import { finding, listText, suggestion, type Rule } from "../rule.ts";

/**
 * What a Kustomization takes its variables from is in its own namespace: substituteFrom cannot name another one.
 * Source: kustomize-controller v1.9 docs/spec/v1/kustomizations.md, "Post build variable substitution".
 */
export const substituteFrom: Rule = {
  name: "substitute-from",
  what: "every substituteFrom that is not optional means a ConfigMap or Secret in the Kustomization's namespace",
  check: ({ model, isHandOff }) =>
    model.kustomizations.flatMap(({ object, spec, name, namespace }) =>
      substituteFromOf(spec).flatMap((reference, index) => {
        const { kind, name: wanted, isOptional } = reference;
        if (isOptional || isUnknown(wanted) || providersOf(reference, namespace, model.providers).length > 0)
          return [];
        const same = model.providers.filter((provider) => provider.kind === kind);
        const spaces = [
          ...new Set(same.flatMap((other) => (other.name === wanted ? (other.namespace ?? "") : []))),
        ];
        const near = suggestion(
          wanted,
          same.map((other) => other.name),
        );
        // Elsewhere somebody may make it by hand; here the program does, and says in program-secrets what it makes.
        if (spaces.length === 0 && near === "" && !isHandOff) return [];
        const found =
          spaces.length === 0 ? `which is not in the tree${near}` : `but it is in ${listText(spaces)}`;
        return [
          finding(
            object.source,
            ["spec", "postBuild", "substituteFrom", index, "name"],
            `Kustomization ${namespace}/${name} takes variables from ${kind} ${namespace}/${wanted}, ${found}`,
            "correct the name, add the object in this namespace, or say optional: true",
          ),
        ];
      }),
    ),
};
