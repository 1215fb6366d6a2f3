import { inRepository, type TreeModel } from "../../../tree/index.ts";
import { originOf } from "../buildProblems.ts";
import { kustomizationOf } from "../builds.ts";
import type { BuildAnswer, BuiltKustomization, BuiltObject } from "../../tree/types.ts";
import { finding, type Rule } from "../rule.ts";

const group = "kustomize.toolkit.fluxcd.io";

/**
 * No two Kustomizations apply the same object: they would overwrite each other for ever, and whichever lets go of it deletes
 * it.
 * Source: kustomize-controller v1.9 docs/spec/v1/kustomizations.md; its annotations ssa and reconcile say what is meant so.
 */
export const duplicateObject: Rule = {
  name: "duplicate-object",
  what: "no two Kustomizations apply the same object *",
  check: ({ model, builds }) => builds.flatMap((answer) => duplicatesIn(model, answer)),
};

interface Applied {
  readonly by: BuiltKustomization;
  readonly object: BuiltObject;
}

function duplicatesIn(model: TreeModel, { kustomizations }: BuildAnswer): ReturnType<Rule["check"]> {
  const all = kustomizations.flatMap((by) => by.objects.map((object): Applied => ({ by, object })));
  const groups = Map.groupBy(
    all.filter(({ object }) => !isShared(object)),
    ({ object }) => keyOf(object),
  );
  return [...groups.values()].flatMap((applied) => {
    const [first, ...others] = [
      ...new Map(applied.map((each) => [`${each.by.namespace}/${each.by.name}`, each])).values(),
    ];
    if (first === undefined) return [];
    return others.map(({ by, object }) => {
      const { kind, metadata } = object.object;
      const name =
        metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
      const there = originOf(model, kustomizationOf(model, first.by), first.object);
      const here = originOf(model, kustomizationOf(model, by), object);
      const where = `${inRepository(model.place, there.file)}:${String(there.line("metadata", "name"))}`;
      return finding(
        here,
        ["metadata", "name"],
        `${kind} ${name} is applied by Kustomization ${by.namespace}/${by.name} and by ${first.by.namespace}/${first.by.name} (${where})`,
        "leave it in one of them; others may depend on that",
      );
    });
  });
}

/** Whether an annotation says that others may write it as well, or that Flux does not write it at all. */
function isShared({ object }: BuiltObject): boolean {
  const { labels, annotations } = object.metadata;
  const marks = { ...labels, ...annotations };
  const value = (name: string): string => (marks[`${group}/${name}`] ?? "").toLowerCase();
  return value("reconcile") === "disabled" || ["merge", "ifnotpresent", "ignore"].includes(value("ssa"));
}

function keyOf({ object }: BuiltObject): string {
  const [apiGroup = ""] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : [];
  return `${apiGroup} ${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
