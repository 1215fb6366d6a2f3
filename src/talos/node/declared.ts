import type { Config, Node } from "../../config/config.ts";
import { machineRef } from "../machine/machineRef.ts";
import type { DeclaredNode } from "./differences.ts";
import { nodeMetadata } from "./metadata.ts";

/** A machine as its Node has to show it, JSON in a step's input. No more than name and address where nothing is declared. */
export function declaredNode(node: Node, { patches }: Pick<Config, "patches">): DeclaredNode {
  return {
    ...machineRef(node),
    ...nodeMetadata([...patches.common, ...patches[node.role], ...node.patches]),
  };
}
