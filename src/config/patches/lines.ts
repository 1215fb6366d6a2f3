// A patch as a text of which every line is one value, because talosctl names lines and people think in paths.
import { isNested, type Segment } from "../walk.ts";

/** A patch written down. */
export interface WrittenPatch {
  /** JSON, which is YAML as well; a value, or the bracket that opens one, stands on a line of its own. */
  readonly text: string;
  /** Path of the value on each line, counted from 1. */
  readonly paths: ReadonlyMap<number, readonly Segment[]>;
}

/** Writes a patch. What takes something away (`$patch: delete`) is left empty: there is nothing here that it could be taken from. */
export function writePatch(patch: unknown): WrittenPatch {
  const lines: string[] = [];
  const paths = new Map<number, readonly Segment[]>();
  const write = (value: unknown, path: readonly Segment[], before: string, after: string): void => {
    const add = (line: string): void => {
      lines.push(line);
      paths.set(lines.length, path);
    };
    const children = childrenOf(value);
    if (children === undefined) {
      add(`${before}${isDeletion(value) ? "null" : JSON.stringify(value)}${after}`);
      return;
    }
    const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
    add(`${before}${open}`);
    children.forEach(([key, child], index) => {
      const name = typeof key === "string" ? `${JSON.stringify(key)}: ` : "";
      write(child, [...path, key], name, index < children.length - 1 ? "," : "");
    });
    add(`${close}${after}`);
  };
  write(patch, [], "", "\n");
  return { text: lines.join("\n"), paths };
}

/** Whether a value says that something is taken away. Source: Talos docs, configuration patches. */
export function isDeletion(value: unknown): boolean {
  return isNested(value) && (value as { readonly $patch?: unknown }).$patch === "delete";
}

function childrenOf(value: unknown): readonly (readonly [Segment, unknown])[] | undefined {
  if (!isNested(value) || isDeletion(value)) return undefined;
  if (!Array.isArray(value)) return Object.entries(value);
  return value
    .map((child: unknown, index) => [index, child] as const)
    .filter(([, child]) => !isDeletion(child));
}
