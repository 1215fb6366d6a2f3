// Secrets in objects: of those nothing is shown but which keys come, go and change; and their values are hidden wherever
// else they stand.
import type { BuildAnswer } from "../tree/types.ts";
import type { TreeObject } from "../../tree/index.ts";
import { maskPair, type Masker } from "../../src/steps/mask.ts";

/** Both sides of an object, without what sops notes of its own, everything secret masked. */
export function maskSecrets(
  before: TreeObject | undefined,
  after: TreeObject | undefined,
  masker: Masker,
): readonly [unknown, unknown] {
  return maskPair(withoutSops(before), withoutSops(after), masker);
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
