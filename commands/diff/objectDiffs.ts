// The unified diffs of one object, with everything secret masked: of Secrets nothing is shown but which keys come, go and change,
// and their values are hidden wherever else they stand.
import type { BuildAnswer } from "../tree/types.ts";
import { yamlDiff } from "../plan/diffs.ts";
import type { TreeObject } from "../../tree/index.ts";
import { maskPair, type Masker } from "../../src/steps/mask.ts";
import type { TitledDiff } from "./types.ts";

/** Empty when both are the same but for what sops notes of its own. */
export function objectDiffs(
  before: TreeObject | undefined,
  after: TreeObject | undefined,
  masker: Masker,
): readonly TitledDiff[] {
  const [old, next] = maskPair(withoutSops(before), withoutSops(after), masker) as readonly (
    TreeObject | undefined
  )[];
  // A release that comes or goes is one thing.
  const parts =
    old?.kind === "HelmRelease" && next?.kind === "HelmRelease"
      ? [
          { title: "values", diff: yamlDiff(valuesOf(old), valuesOf(next)) },
          { title: "", diff: yamlDiff(withoutValues(old), withoutValues(next)) },
        ]
      : [{ title: "", diff: yamlDiff(old, next) }];
  return parts.filter(({ diff }) => diff !== "");
}

function valuesOf({ spec }: TreeObject): unknown {
  return (spec as { values?: unknown } | undefined)?.values;
}

function withoutValues({ spec, ...object }: TreeObject): unknown {
  const { values: _, ...rest } = spec ?? {};
  return { ...object, spec: rest };
}

/** Remembers the values of all Secrets that are in clear, so that they are hidden in every other object too. */
export function learnSecrets({ kustomizations }: BuildAnswer, masker: Masker): void {
  for (const { object } of kustomizations.flatMap(({ objects }) => objects)) {
    if (object.kind !== "Secret") continue;
    const { data, stringData } = object as { readonly data?: object; readonly stringData?: object };
    for (const text of textsOf(stringData)) masker.learn(text);
    for (const text of textsOf(data)) {
      masker.learn(text);
      masker.learn(Buffer.from(text, "base64").toString());
    }
  }
}

function textsOf(fields: object | undefined): readonly string[] {
  return Object.values(fields ?? {}).filter(
    (value): value is string => typeof value === "string" && !value.includes("ENC["),
  );
}

function withoutSops(object: TreeObject | undefined): unknown {
  if (object === undefined) return undefined;
  const { sops: _, ...rest } = object;
  return rest;
}
