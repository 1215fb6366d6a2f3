// Which inputs of a resource change, down to the single value.
import { isDeepStrictEqual } from "node:util";
import { machineConfigOf } from "./machineConfig.ts";
import { isFields, maskPair, type Masker } from "../../src/steps/mask.ts";
import { hidden } from "../../src/steps/redact.ts";

/** One changed input. */
export interface Change {
  /** e.g. `environment.TALOS_VERSION`, `spec.ref.tag`; of a machine config `config.machine.sysctls.vm.max_map_count`. */
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

type Inputs = Readonly<Record<string, unknown>>;

/** What a preview has of one resource. */
interface Difference {
  readonly before: Inputs | undefined;
  readonly after: Inputs | undefined;
  /** What the provider says that differs, by path or by name. */
  readonly said: readonly string[];
}

/** All changed inputs; for a new resource all inputs, for one that goes those it had. */
export function changesOf(difference: Difference, masker: Masker): readonly Change[] {
  const [before, after] = maskPair(readable(difference.before), readable(difference.after), masker);
  const found = leaves(before, after, "");
  return [...found, ...hiddenChanges(difference, found)];
}

/** A machine config's patches are texts; merged they have paths. */
function readable(inputs: Inputs = {}): Inputs {
  const { configPatches, ...rest } = inputs;
  if (!Array.isArray(configPatches)) return inputs;
  return { ...rest, config: machineConfigOf(configPatches) };
}

function leaves(before: unknown, after: unknown, path: string): Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isFields(before) || isFields(after)) {
    const [old, next] = [isFields(before) ? before : {}, isFields(after) ? after : {}];
    const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
    if (keys.size > 0)
      return [...keys].flatMap((key) => leaves(old[key], next[key], path === "" ? key : `${path}.${key}`));
  }
  return [{ path, from: before, to: after }];
}

/** Secrets look the same before and after; that one changes only the provider says. */
function hiddenChanges({ before, after, said }: Difference, found: readonly Change[]): readonly Change[] {
  const known = new Set(found.map(({ path }) => path.split(".")[0]));
  return [...new Set(said)]
    .filter((path) => {
      const [name = ""] = path.split(/[.[]/);
      if (!(name in { ...before, ...after }) || found.some((change) => change.path === path)) return false;
      // Patches that nobody hid have been compared.
      if (name === "configPatches" && Array.isArray(after?.[name])) return false;
      // Paths inside an input whose change is in clear are written in another way there.
      return !known.has(name) || isMasked(after, path);
    })
    .map((path) => ({ path, from: hidden, to: hidden }));
}

function isMasked(inputs: Inputs | undefined, path: string): boolean {
  const value = path
    .split(".")
    .reduce<unknown>((inner, key) => (isFields(inner) ? inner[key] : undefined), inputs);
  return value === hidden;
}
