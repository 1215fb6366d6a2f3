// Reads a multi-document machine config as machined's decoder does: known kinds only, no unknown key anywhere, no
// document twice. What the values mean is another file's business.
import { parseAllDocuments, stringify, isMap } from "yaml";
import { machineKeys } from "./machineKeys.ts";
import { documentKinds, documentTypes } from "./documentKeys.ts";

/** A plain YAML object. */
export type YamlObject = Readonly<Record<string, unknown>>;

/** A machine config taken apart: the v1alpha1 document, if there is one, and all others. */
export interface DecodedConfig {
  readonly main: YamlObject | undefined;
  readonly others: readonly { readonly kind: string; readonly name: string; readonly body: YamlObject }[];
}

/** A machine config that machined would refuse. The message is machined's. */
export class ConfigError extends Error {
  /** Where it failed: reading it, the checks of the config alone, or those with the machine in view. */
  readonly stage: "decode" | "validate" | "runtime";
  constructor(message: string, stage: ConfigError["stage"] = "decode") {
    super(message);
    this.stage = stage;
  }
}

const typeKeys: Readonly<Record<string, string>> = { ...machineKeys, ...documentTypes };
const mainKeys = new Set(["machine", "cluster", "debug", "persist"]);

/** True for a YAML mapping. */
export function isObject(value: unknown): value is YamlObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Decodes a machine config.
 * @throws ConfigError with machined's words, e.g. `unknown keys found during decoding:\nmachine:\n    colour: red\n`
 */
export function decodeConfig(raw: Buffer): DecodedConfig {
  const documents = parseAllDocuments(raw.toString("utf8"), { uniqueKeys: true, merge: true });
  let main: YamlObject | undefined;
  const others: { kind: string; name: string; body: YamlObject }[] = [];
  const seen = new Set<string>();
  for (const document of Array.isArray(documents) ? documents : []) {
    const failure = document.errors[0];
    if (failure) throw new ConfigError(`decode error: yaml: ${failure.message.split("\n")[0] ?? ""}`);
    if (document.contents === null) continue;
    if (!isMap(document.contents)) throw new ConfigError("decode error: expected a document");
    const body = document.toJS() as YamlObject;
    const kind = text(body["kind"]);
    const name = text(body["name"]);
    const version = Object.keys(body).some((key) => mainKeys.has(key))
      ? "v1alpha1"
      : text(body["apiVersion"]);
    const id = `${text(body["apiVersion"])}/${kind || "v1alpha1"}/${name}`;
    if (seen.has(id)) throw new ConfigError(`duplicate document ${id} is not allowed`);
    seen.add(id);
    if (kind === "") {
      if (version !== "v1alpha1") throw new ConfigError("missing kind");
      refuseUnknownKeys("Config", body);
      main = body;
      continue;
    }
    const type = documentKinds[kind];
    if (type === undefined) throw new ConfigError(`"${kind}" "${version}": not registered`);
    if (version !== "v1alpha1") throw new ConfigError(`"${kind}" "${version}": not registered`);
    refuseUnknownKeys(type, body);
    others.push({ kind, name, body });
  }
  if (!main && others.length === 0) throw new ConfigError("config not found");
  return { main, others };
}

function refuseUnknownKeys(type: string, body: YamlObject): void {
  const unknown = unknownKeys(type, body);
  if (unknown === undefined) return;
  throw new ConfigError(`unknown keys found during decoding:\n${stringify(unknown, { indent: 4 })}`);
}

function unknownKeys(type: string, value: unknown): YamlObject | undefined {
  if (!isObject(value)) return undefined;
  const known = new Map(
    (typeKeys[type] ?? "").split(" ").map((entry) => {
      const colon = entry.indexOf(":");
      return colon < 0 ? [entry, ""] : [entry.slice(0, colon), entry.slice(colon + 1)];
    }),
  );
  const unknown: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    const childType = known.get(key);
    if (childType === undefined) unknown[key] = child;
    else if (childType !== "") {
      const inner = unknownInside(childType, child);
      if (inner !== undefined) unknown[key] = inner;
    }
  }
  return Object.keys(unknown).length > 0 ? unknown : undefined;
}

function unknownInside(type: string, value: unknown): unknown {
  if (type.startsWith("[")) {
    if (!Array.isArray(value)) return undefined;
    const inner = value.map((entry) => unknownKeys(type.slice(1, -1), entry)).filter((u) => u !== undefined);
    return inner.length > 0 ? inner : undefined;
  }
  if (type.startsWith("{")) {
    if (!isObject(value)) return undefined;
    const inner = Object.entries(value).flatMap(([key, entry]) => {
      const unknown = unknownKeys(type.slice(1, -1), entry);
      return unknown ? [[key, unknown] as const] : [];
    });
    return inner.length > 0 ? Object.fromEntries(inner) : undefined;
  }
  return unknownKeys(type, value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
