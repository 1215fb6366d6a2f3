// YAML documents with the places of their values.
import { isMap, isScalar, isSeq, parseAllDocuments, type Node } from "yaml";

/** A value in a document. */
export class Value {
  readonly node: unknown;

  /** @param node of the package `yaml`; undefined for what is not there */
  constructor(node: unknown) {
    this.node = node;
  }

  /** A value below this one, e.g. `at("spec", "chart")`. */
  at(...path: readonly string[]): Value {
    return path.reduce<Value>(
      (value, key) => new Value(isMap(value.node) ? value.node.get(key, true) : undefined),
      this,
    );
  }

  /** Its text; undefined for what is no scalar. */
  get text(): string | undefined {
    if (!isScalar(this.node)) return undefined;
    return this.node.source ?? String(this.node.value);
  }

  /** Whether there is anything. */
  get exists(): boolean {
    return this.node !== undefined;
  }

  /** Where it is in the file. */
  get place(): { readonly start: number; readonly end: number } {
    const [start = 0, end = 0] = (this.node as Node).range ?? [];
    return { start, end };
  }

  /** The entries of a map. */
  get entries(): [string, Value][] {
    if (!isMap(this.node)) return [];
    return this.node.items.map(({ key, value }) => [
      String(isScalar(key) ? key.value : ""),
      new Value(value),
    ]);
  }

  /** The items of a list. */
  get items(): Value[] {
    return isSeq(this.node) ? this.node.items.map((item) => new Value(item)) : [];
  }
}

/** The documents of a file; none of one that is not YAML. */
export function documents(text: string): Value[] {
  const parsed = parseAllDocuments(text, { logLevel: "silent" });
  return "empty" in parsed ? [] : parsed.map(({ contents }) => new Value(contents ?? undefined));
}
