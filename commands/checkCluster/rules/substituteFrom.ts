import { injectionOf } from "../injected.ts";
import { isUnknown } from "../sources.ts";
import { providersOf, substituteFromOf, type Reference, type TreeModel } from "../../../tree/index.ts";
import { finding, listText, suggestion, type Rule } from "../rule.ts";

/**
 * What a Kustomization takes its variables from is in its own namespace: substituteFrom cannot name another one.
 * Source: kustomize-controller v1.9 docs/spec/v1/kustomizations.md, "Post build variable substitution".
 */
export const substituteFrom: Rule = {
  name: "substitute-from",
  what: "every substituteFrom that is not optional means a ConfigMap or Secret in the Kustomization's namespace",
  check: ({ model, isHandOff }) =>
    model.kustomizations.flatMap((kustomization) =>
      substituteFromOf(kustomization.spec).flatMap((reference, index) => {
        const { kind, name, isOptional } = reference;
        const { namespace, object } = kustomization;
        if (isOptional || isUnknown(name)) return [];
        if (providersOf(reference, namespace, model.providers).length > 0) return [];
        const found = whatIsThere(model, reference, isHandOff);
        if (found === undefined) return [];
        const field = ["spec", "postBuild", "substituteFrom", index, "name"];
        const patch = injectionOf(model, kustomization, field);
        // One finding, not one per app.
        const who =
          patch === undefined
            ? `Kustomization ${namespace}/${kustomization.name} takes`
            : `Kustomizations in ${namespace} that this patch reaches take`;
        const fix = "correct the name, add the object in this namespace, or say optional: true";
        const message = `${who} variables from ${kind} ${namespace}/${name}, ${found}`;
        return finding(patch ?? object.source, field, message, fix);
      }),
    ),
};

/** What there is instead; undefined when somebody may make it by hand, and nobody knows. */
function whatIsThere(
  { providers }: TreeModel,
  { kind, name }: Reference,
  isHandOff: boolean,
): string | undefined {
  const same = providers.filter((provider) => provider.kind === kind);
  const spaces = [...new Set(same.flatMap((other) => (other.name === name ? (other.namespace ?? "") : [])))];
  if (spaces.length > 0) return `but it is in ${listText(spaces)}`;
  const names = same.map((other) => other.name);
  const near = suggestion(name, names);
  // In a tree of this program all Secrets come from the tree or the program.
  return near === "" && !isHandOff ? undefined : `which is not in the tree${near}`;
}
