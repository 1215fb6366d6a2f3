// Schematics of the Image Factory and their ids: the SHA-256 of the schematic written in one canonical form.
// Source: siderolabs/image-factory pkg/schematic/schematic.go (Schematic, Marshal, ID).
import { createHash } from "node:crypto";
import { parse, stringify } from "yaml";

/** A schematic's id, 64 hex digits, and the canonical text that it is the hash of. */
export interface Schematic {
  readonly id: string;
  readonly text: string;
}

/** What a field may be; objects name their fields in the order in which Go writes them. */
type Shape =
  | "string"
  | "strings"
  | "boolean"
  | "number"
  | "any"
  | { readonly [field: string]: Shape }
  | readonly [Shape];

/** Fields in Go's order. All but those with a note are left out when they are empty. */
const shape = {
  overlay: { image: "string", name: "string", options: "any" },
  customization: {
    extraKernelArgs: "strings",
    meta: [{ key: "number", value: "string" }],
    systemExtensions: { officialExtensions: "strings" },
    secureboot: { includeWellKnownCertificates: "boolean" },
  },
} as const satisfies Shape;

/** Schematic without any customization, which the Factory knows from the start. */
export const vanillaSchematic: Schematic = canonical("customization: {}\n");

/**
 * Brings a posted schematic (YAML or JSON) into the canonical form.
 * @throws Error with the first field that the Factory does not know, or that has the wrong kind
 */
export function canonical(posted: string): Schematic {
  const given: unknown = parse(posted) ?? {};
  const schematic = (ordered(given, shape, "") ?? {}) as Record<string, unknown>;
  // `customization` is the one field that is written even when it is empty.
  const text = stringify(
    {
      ...(schematic["overlay"] === undefined ? {} : { overlay: schematic["overlay"] }),
      customization: schematic["customization"] ?? {},
    },
    { indent: 4, lineWidth: 0 },
  );
  return { id: createHash("sha256").update(text).digest("hex"), text };
}

/** A copy with known fields only, in the shape's order, without what is empty. Undefined when nothing is left. */
function ordered(value: unknown, wanted: Shape, path: string): unknown {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(value)) throw new Error(`${path}: expected a list`);
    return value.length === 0
      ? undefined
      : value.map((item, index) =>
          ordered(item, (wanted as readonly [Shape])[0], `${path}[${String(index)}]`),
        );
  }
  if (wanted === "strings") {
    if (!Array.isArray(value) || value.some((item) => typeof item !== "string"))
      throw new Error(`${path}: expected a list of texts`);
    return value.length === 0 ? undefined : value;
  }
  if (wanted === "any") return Object.keys(value).length === 0 ? undefined : value;
  if (typeof wanted === "string") {
    if (typeof value !== wanted) throw new Error(`${path}: expected a ${wanted}`);
    return value === false ? undefined : value;
  }
  if (typeof value !== "object" || Array.isArray(value))
    throw new Error(`${path || "schematic"}: expected a mapping`);
  const fields = wanted as Readonly<Record<string, Shape>>;
  for (const field of Object.keys(value))
    if (!(field in fields)) throw new Error(`field ${field} not found in ${path || "schematic"}`);
  const result = Object.entries(fields)
    .map(
      ([field, inner]) =>
        [
          field,
          ordered((value as Record<string, unknown>)[field], inner, path === "" ? field : `${path}.${field}`),
        ] as const,
    )
    .filter(([, inner]) => inner !== undefined);
  return result.length === 0 ? undefined : Object.fromEntries(result);
}
