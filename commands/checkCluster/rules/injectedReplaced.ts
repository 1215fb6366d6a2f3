import { fieldsOf, textOf, valueAt } from "../../../src/flux/tree/model/values.ts";
import { inRepository } from "../../../src/flux/tree/model/place.ts";
import { finding, listText, type Rule } from "../rule.ts";

/**
 * What is patched into a Kustomization does not take its own substituteFrom or patches away, and no second patch takes away
 * what a first one gave: kustomize knows no merge keys of Flux's kinds and replaces such lists as a whole.
 * Source: sigs.k8s.io/kustomize kyaml/yaml/merge2: without a schema, lists are replaced.
 */
export const injectedReplaced: Rule = {
  name: "injected-replaced",
  what: "no substituteFrom or patches of a Kustomization are replaced by what is patched into it",
  check: ({ model }) =>
    model.kustomizations.flatMap(({ object, name, namespace }) =>
      object.replaced.map(({ field, lost, by }) => {
        const last = field.at(-1) ?? "";
        const isOwn = valueAt("data" in object.source ? object.source.data : {}, ...field) !== undefined;
        const where = `${inRepository(model.place, by.file)}:${String(by.line())}`;
        const what =
          last === "patches" ? `${String(lost.length)} of its patches` : listText(lost.map(entryText));
        return finding(
          isOwn ? object.source : by,
          isOwn ? field : [],
          `the ${last} of Kustomization ${namespace}/${name} ${isOwn ? "is" : "that was patched in before is"} replaced as a whole by the patch at ${where}; lost: ${what}`,
          "a patch replaces lists: label the Kustomization so that the patch leaves it out and give it all it needs, or move the entry into the patch",
        );
      }),
    ),
};

function entryText(entry: unknown): string {
  const { kind, name } = fieldsOf(entry);
  return `${textOf(kind) ?? ""}/${textOf(name) ?? ""}`;
}
