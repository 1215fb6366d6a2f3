// A patch as a text of which every line is one value, because talosctl names lines and people think in paths.
import { childrenOf, isNested, type Segment } from "../walk.ts";

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
    paths.set(lines.length + 1, path);
    if (!isNested(value) || isDeletion(value)) {
      lines.push(`${before}${isDeletion(value) ? "null" : JSON.stringify(value)}${after}`);
      return;
    }
    const isList = Array.isArray(value);
    const children = childrenOf(value).filter(([, child]) => !isList || !isDeletion(child));
    lines.push(before + (isList ? "[" : "{"));
    for (const [index, [key, child]] of children.entries())
      write(
        child,
        [...path, key],
        isList ? "" : `${JSON.stringify(key)}: `,
        index < children.length - 1 ? "," : "",
      );
    paths.set(lines.length + 1, path);
    lines.push((isList ? "]" : "}") + after);
  };
  write(patch, [], "", "\n");
  return { text: lines.join("\n"), paths };
}

/** Whether a value says that something is taken away. Source: Talos docs, configuration patches. */
export function isDeletion(value: unknown): boolean {
  return isNested(value) && (value as { readonly $patch?: unknown }).$patch === "delete";
}
