// Machine config patches for machines of a lab: addresses become the lab's, and what a lab machine would refuse is left
// out and named. Pure.
import { stringify } from "yaml";
import { ConfigError, decodeConfig } from "../../lab/talos/config/decode.ts";
import { holdsEncrypted } from "../../src/config/stackFile.ts";
import type { Patch } from "./stackFile.ts";

/** Replaces what a text says about the home's network by what is there in the lab. */
export type Translate = (text: string) => string;

/** Patches that were taken over, and why others were not. */
interface TakenPatches {
  readonly patches: readonly Patch[];
  /** One text each, e.g. `patches.common[1]: "VRFConfig" "v1alpha1": not registered`. */
  readonly left: readonly string[];
}

/** Takes patches over. @param path where they stand in the stack config, e.g. `patches.common` */
export function takePatches(path: string, patches: readonly Patch[], translate: Translate): TakenPatches {
  const looked = patches.map((patch) => ({
    patch: JSON.parse(translate(JSON.stringify(patch))) as Patch,
    refusal: refusalOf(patch),
  }));
  return {
    patches: looked.filter(({ refusal }) => refusal === undefined).map(({ patch }) => patch),
    left: looked.flatMap(({ refusal }, index) =>
      refusal === undefined ? [] : [`${path}[${String(index)}]: ${refusal}`],
    ),
  };
}

/** Translates addresses and networks where they stand as such, not within longer numbers. */
export function translator(known: ReadonlyMap<string, string>): Translate {
  // The longest first: a network begins with an address.
  const texts = [...known.keys()].toSorted((one, other) => other.length - one.length);
  if (texts.length === 0) return (text) => text;
  const alternatives = texts.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join("|");
  const pattern = new RegExp(`(?<![\\d.])(?:${alternatives})(?!\\d|\\.\\d)`, "g");
  return (text) => text.replaceAll(pattern, (found) => known.get(found) ?? found);
}

/** Why a machine of the lab would refuse it: what Talos 1.12 does not know, no config for it may have. */
function refusalOf(patch: Patch): string | undefined {
  if (holdsEncrypted(patch)) return "holds an encrypted value, which stays with its stack";
  // `$patch: delete` is for the merge, no part of a config.
  const plain: unknown = JSON.parse(JSON.stringify(patch), (key, value: unknown) =>
    key === "$patch" ? undefined : value,
  );
  try {
    decodeConfig(Buffer.from(stringify(plain)));
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(/\s+/g, " ").trim();
    throw error;
  }
}
