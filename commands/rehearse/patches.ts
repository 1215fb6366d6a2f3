// Machine config patches for machines of a lab: addresses become the lab's, and what a lab machine would refuse is left
// out and named. Pure.
import { stringify } from "yaml";
import { ConfigError, decodeConfig } from "../../lab/talos/config/decode.ts";
import { holdsEncrypted } from "../../src/config/stackFile.ts";
import type { Patch } from "./stackFile.ts";

/** Replaces what a text says about the home's network by what is there in the lab. */
export type Translate = (text: string) => string;

/** Patches that were taken over, and why others were not. */
export interface TakenPatches {
  readonly patches: readonly Patch[];
  /** One text each, e.g. `patches.common[1]: "VRFConfig" "v1alpha1": not registered`. */
  readonly left: readonly string[];
}

/**
 * Takes patches over.
 * @param path where they stand in the stack config, e.g. `patches.common`
 */
export function takePatches(path: string, patches: readonly Patch[], translate: Translate): TakenPatches {
  const looked = patches.map((patch) => ({ patch: translated(patch, translate), refusal: refusalOf(patch) }));
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

function translated<T>(value: T, translate: Translate): T {
  if (typeof value === "string") return translate(value) as T;
  if (Array.isArray(value)) return value.map((child: unknown) => translated(child, translate)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [translate(key), translated(child as unknown, translate)]),
  ) as T;
}

/** Why a machine of the lab would refuse it: what Talos 1.12 does not know, no config for it may have. */
function refusalOf(patch: Patch): string | undefined {
  if (holdsEncrypted(patch)) return "holds an encrypted value, which stays with its stack";
  try {
    decodeConfig(Buffer.from(stringify(withoutDirectives(patch))));
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(/\s+/g, " ").trim();
    throw error;
  }
}

/** `$patch: delete` is for the merge, no part of a config. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "$patch")
      .map(([key, child]) => [key, withoutDirectives(child)]),
  );
}
