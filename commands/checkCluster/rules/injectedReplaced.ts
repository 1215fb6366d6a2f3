import {
  fieldsOf,
  inRepository,
  textOf,
  valueAt,
  type Finding,
  type Instance,
  type TreeModel,
} from "../../../tree/index.ts";
import { finding, listText, type Rule } from "../rule.ts";

/**
 * What is patched into a Kustomization does not take its own substituteFrom or patches away, and no second patch takes away
 * what a first one gave: kustomize knows no merge keys of Flux's kinds and replaces such lists as a whole.
 * Source: sigs.k8s.io/kustomize kyaml/yaml/merge2: without a schema, lists are replaced.
 */
export const injectedReplaced: Rule = {
  name: "injected-replaced",
  what: "no substituteFrom or patches of a Kustomization are replaced by what is patched into it",
  check: ({ model }) => [...ownFindings(model), ...patchedFindings(model)],
};

const fix =
  "a patch replaces lists: move the entry into the patch, or label the Kustomization so that the patch leaves it out, and give it all that it needs";

/** Lists that stand in the Kustomization's own file. */
function ownFindings({ kustomizations, place }: TreeModel): readonly Finding[] {
  return kustomizations.flatMap(({ object, name, namespace }) =>
    object.replaced.flatMap(({ field, lost, by }) => {
      if (!isOwn(object, field)) return [];
      const where = `${inRepository(place, by.file)}:${String(by.line())}`;
      const message = `Kustomization ${namespace}/${name} loses its own ${field.at(-1) ?? ""} (${lostText(field, lost)}) to the patch at ${where}`;
      return [finding(object.source, field, message, fix)];
    }),
  );
}

/** Lists that another patch has put there, one finding per patch. */
function patchedFindings({ kustomizations }: TreeModel): readonly Finding[] {
  const losses = kustomizations.flatMap(({ object, name }) =>
    object.replaced.flatMap((replaced) => (isOwn(object, replaced.field) ? [] : [{ ...replaced, name }])),
  );
  const groups = Map.groupBy(losses, ({ by, field }) => `${by.file}:${String(by.line())} ${field.join(".")}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const names = [first, ...others].map(({ name }) => name);
    const message = `this patch takes from ${listText(names, 3)} the ${first.field.at(-1) ?? ""} (${lostText(first.field, first.lost)}) that another patch has given`;
    return [finding(first.by, [], message, "a patch replaces lists: make one patch of both")];
  });
}

function isOwn({ source }: Instance, field: readonly string[]): boolean {
  return valueAt("data" in source ? source.data : {}, ...field) !== undefined;
}

function lostText(field: readonly string[], lost: readonly unknown[]): string {
  if (field.at(-1) === "patches") return `${String(lost.length)} of them`;
  return listText(
    lost.map((entry) => `${textOf(fieldsOf(entry)["kind"]) ?? ""}/${textOf(fieldsOf(entry)["name"]) ?? ""}`),
  );
}
