// The Kubernetes objects of a file, with the line of each of their fields.
import { isAlias, isMap, isPair, isScalar, isSeq, visit, type Document, type Node } from "yaml";
import type { YamlFile } from "./treeFiles.ts";
import { fieldsOf, listOf, textOf, textsOf, type Fields } from "./values.ts";

/** A Kubernetes object as it stands in a file. */
export interface TreeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** Keys and indices from an object's root, e.g. `["spec", "dependsOn", 0, "name"]`. */
export type FieldPath = readonly (string | number)[];

/** Where something stands. */
export interface Origin {
  /** Relative to the tree. */
  readonly file: string;
  /** Line of a field, or of the nearest thing around it that is there. */
  readonly line: (...path: FieldPath) => number;
}

/** An object as it stands in a file. */
export interface FileObject extends Origin {
  readonly data: TreeObject;
  readonly node: Node;
  readonly document: Document;
  readonly yaml: YamlFile;
}

/** The objects of a file, those inside of lists among them, and why there are none where they cannot be read. */
export function objectsOf(yaml: YamlFile): {
  readonly objects: readonly FileObject[];
  readonly problem?: { readonly line: number; readonly text: string };
} {
  try {
    return { objects: yaml.documents.flatMap((document) => inDocument(yaml, document)) };
  } catch (error) {
    // E.g. an alias without its anchor, or aliases of aliases that unfold to millions of values.
    return {
      objects: [],
      problem: { line: lineOfLostAlias(yaml), text: error instanceof Error ? error.message : String(error) },
    };
  }
}

function lineOfLostAlias({ documents, lines }: YamlFile): number {
  let line = 1;
  for (const document of documents)
    visit(document, {
      Alias: (_key, alias) => {
        if (alias.resolve(document) !== undefined) return undefined;
        line = lines.linePos(alias.range?.[0] ?? 0).line;
        return visit.BREAK;
      },
    });
  return line;
}

function inDocument(yaml: YamlFile, document: Document): readonly FileObject[] {
  const { contents } = document;
  if (!isMap(contents)) {
    document.toJS({ maxAliasCount });
    return [];
  }
  return unfold(yaml, document, contents, document.toJS({ maxAliasCount }) as unknown);
}

/** More than any real file has, and few enough to stop one that was made to fill the memory. */
const maxAliasCount = 10_000;

function unfold(yaml: YamlFile, document: Document, node: Node, data: unknown): readonly FileObject[] {
  const fields = fieldsOf(data);
  const { apiVersion, kind } = fields;
  if (typeof kind !== "string" || typeof apiVersion !== "string") return [];
  const items = kind.endsWith("List") ? fields["items"] : undefined;
  if (Array.isArray(items)) {
    const nodes = isMap(node) ? resolved(node.get("items", true), document) : undefined;
    return listOf(items).flatMap((item, index) => {
      const itemNode = isSeq(nodes) ? resolved(nodes.items[index], document) : undefined;
      return unfold(yaml, document, itemNode ?? node, item);
    });
  }
  return [
    {
      file: yaml.path,
      line: (...path) => lineOf(yaml, document, node, path),
      data: normal(fields, apiVersion, kind),
      node,
      document,
      yaml,
    },
  ];
}

/** The object with a `metadata` of the form that everybody relies on; one that has it already is left as it is. */
function normal(fields: Fields, apiVersion: string, kind: string): TreeObject {
  const metadata = fieldsOf(fields["metadata"]);
  const { name, namespace, labels, annotations } = metadata;
  return {
    ...fields,
    apiVersion,
    kind,
    metadata: {
      ...metadata,
      name: typeof name === "object" ? "" : String(name ?? ""),
      ...(namespace === undefined ? {} : { namespace: textOf(namespace) }),
      ...(labels === undefined ? {} : { labels: textsOf(labels) }),
      ...(annotations === undefined ? {} : { annotations: textsOf(annotations) }),
    },
    ...(fields["spec"] === undefined ? {} : { spec: fieldsOf(fields["spec"]) }),
  };
}

/** Line of the field at a path below a node; of the deepest one that exists where the path ends early. */
export function lineOf(yaml: YamlFile, document: Document, node: Node, path: FieldPath): number {
  let at: unknown = node;
  let offset = node.range?.[0] ?? 0;
  for (const key of path) {
    const inside = resolved(at, document);
    let next: unknown;
    if (isMap(inside)) {
      const pair = inside.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      next = pair.value;
    } else if (isSeq(inside) && typeof key === "number") {
      next = inside.items[key];
      offset = (next as Node | undefined)?.range?.[0] ?? offset;
    }
    if (next === undefined || next === null) break;
    at = next;
  }
  return yaml.lines.linePos(offset).line;
}

function resolved(node: unknown, document: Document): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  return (node ?? undefined) as Node | undefined;
}
