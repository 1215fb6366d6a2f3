// A machine's patches as one config: what they amount to, and so what changes when they do.
import { isFields } from "../../src/steps/mask.ts";

type Document = Readonly<Record<string, unknown>>;

/** Name of the document that has no kind: the machine config proper. */
const main = "v1alpha1";

/**
 * The patches of one machine, merged in their order. The parts of the main document (`machine`, `cluster`) stand at the
 * top, other documents below `documents`, by kind and name, e.g. `documents.HostnameConfig`.
 *
 * Lists are put together as Talos does it; the few that Talos replaces are longer here than on the machine, before and
 * after alike. Source: Talos docs, configuration patches (strategic merge).
 * @param patches JSON texts
 */
export function machineConfigOf(patches: readonly unknown[]): Document {
  const byName = new Map<string, Document>();
  for (const patch of patches.map(parsePatch)) {
    const name = documentName(patch);
    byName.set(name, merge(byName.get(name) ?? {}, patch));
  }
  const { [main]: config = {}, ...documents } = Object.fromEntries(byName);
  return Object.keys(documents).length === 0 ? config : { ...config, documents };
}

function parsePatch(text: unknown): Document {
  try {
    return JSON.parse(String(text)) as Document;
  } catch {
    // Not written by this program, or not known yet.
    return { [main]: text };
  }
}

function documentName({ kind, name }: Document): string {
  return [kind ?? main, name].filter((part) => typeof part === "string").join(" ");
}

function merge(before: Document, patch: Document): Document {
  const result: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(patch)) {
    const old = result[key];
    if (isFields(old) && isFields(value)) result[key] = merge(old, value);
    else if (Array.isArray(old) && Array.isArray(value))
      result[key] = [...(old as unknown[]), ...(value as unknown[])];
    else result[key] = value;
  }
  return result;
}
