// The unified diffs of one object, with everything secret masked.
import { yamlDiff } from "../plan/diffs.ts";
import type { TreeObject } from "../../tree/index.ts";
import type { Masker } from "../../src/steps/mask.ts";
import { maskSecrets } from "./secrets.ts";
import type { TitledDiff } from "./types.ts";

/** Empty when both are the same but for what sops notes of its own. */
export function objectDiffs(
  before: TreeObject | undefined,
  after: TreeObject | undefined,
  masker: Masker,
): readonly TitledDiff[] {
  const [old, next] = maskSecrets(before, after, masker) as readonly [
    TreeObject | undefined,
    TreeObject | undefined,
  ];
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
