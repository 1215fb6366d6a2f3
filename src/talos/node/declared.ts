// What a stack config says of the Nodes of its machines, in Talos' own words: machine.nodeLabels, nodeAnnotations and
// nodeTaints of the patches. Pure.
import type { Config, Node } from "../../config/config.ts";
import type { DeclaredNode } from "../contracts.ts";

/** Labels, annotations and taints of a Node. */
export type NodeMetadata = Omit<DeclaredNode, "name" | "address" | "generation">;

const keys = { labels: "nodeLabels", annotations: "nodeAnnotations", taints: "nodeTaints" } as const;

type Texts = Readonly<Record<string, string>>;

/** A machine for what waits for all of them. */
export function machineRef({ name, address, generation }: Node): Omit<DeclaredNode, keyof NodeMetadata> {
  return { name, address, ...(generation === 1 ? {} : { generation }) };
}

/** A machine with what is declared of its Node. */
export function declaredNode(node: Node, { patches }: Pick<Config, "patches">): DeclaredNode {
  return {
    ...machineRef(node),
    ...nodeMetadata([...patches.common, ...patches[node.role], ...node.patches]),
  };
}

/**
 * What patches declare together, applied in their order as Talos applies them: a later one wins key by key, and
 * `$patch: delete` takes back what came before.
 */
export function nodeMetadata(patches: readonly Readonly<Record<string, unknown>>[]): NodeMetadata {
  const parts = patches.map((patch) => objectAt(patch["machine"]));
  return Object.fromEntries(
    Object.entries(keys)
      .map(
        ([name, key]) =>
          [name, parts.reduce<Texts>((before, part) => patched(before, part[key]), {})] as const,
      )
      .filter(([, values]) => Object.keys(values).length > 0),
  );
}

function patched(before: Texts, patch: unknown): Texts {
  const { $patch: directive, ...values } = objectAt(patch);
  if (directive === "delete") return {};
  // A value that is no text is refused by Talos itself.
  const own = Object.entries(values).map(([key, value]) => [key, String(value)] as const);
  return { ...(directive === "replace" ? {} : before), ...Object.fromEntries(own) };
}

function objectAt(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
