// Where patches stand in the stack config.
import type { Values } from "../readStack.ts";
import type { Segment } from "../walk.ts";

/** A machine config patch and where it stands. */
export interface PlacedPatch {
  /** e.g. `["patches", "common", 0]` or `["nodes", 1, "patches", 0]` */
  readonly path: readonly Segment[];
  readonly patch: unknown;
}

const kinds = ["common", "controlplane", "worker"] as const;

/** All patches of a stack config, as far as they are objects. */
export function placedPatches(values: Values): readonly PlacedPatch[] {
  return [
    ...kinds.flatMap((kind) => placed(["patches", kind], values.patches?.[kind])),
    ...(values.nodes ?? []).flatMap((node, index) => placed(["nodes", index, "patches"], node?.patches)),
  ];
}

/** The patches that reach a machine, from the general to the particular. */
export function patchesOf(values: Values, index: number): readonly PlacedPatch[] {
  const role = values.nodes?.[index]?.role;
  return placedPatches(values).filter(({ path: [section, which] }) =>
    section === "nodes" ? which === index : which === "common" || which === role,
  );
}

function placed(path: readonly Segment[], patches: readonly unknown[] = []): readonly PlacedPatch[] {
  return [...patches.entries()]
    .filter(([, patch]) => patch !== undefined)
    .map(([index, patch]) => ({ path: [...path, index], patch }));
}
