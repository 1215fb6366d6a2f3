// The stack config without any file or engine around it: raw values in, a valid config or all problems out.
import { checkNetwork } from "./checks/network.ts";
import { checkNodes, warnOfNowhereToRun } from "./checks/nodes.ts";
import { checkPatches } from "./checks/patches.ts";
import { checkRepository } from "./checks/repository.ts";
import { checkVersions } from "./checks/versions.ts";
import { checkVirtualAddresses } from "./checks/virtualAddresses.ts";
import type { Node, StackConfig } from "./config.ts";
import { describeProblems, type Problem } from "./problem.ts";
import { readStack, type Values } from "./readStack.ts";
import type { StackInput } from "./schema.ts";

/** The outcome of {@link parseConfig}. */
export type ParsedConfig =
  | { readonly config: StackConfig; readonly warnings: readonly string[] }
  | { readonly problems: readonly Problem[]; readonly message: string };

/**
 * Checks the values below `home-ops:` of the stack `stack`, keyed without the namespace, and derives what follows from
 * them. Pure.
 */
export function parseConfig(raw: Readonly<Record<string, unknown>>, stack: string): ParsedConfig {
  const checked = checkStack(raw);
  if (checked.config !== undefined) return { config: checked.config, warnings: checked.warnings };
  return { problems: checked.problems, message: describeProblems(stack, checked.problems) };
}

/** A checked stack config, whole or in parts. */
export interface CheckedStack {
  /** The valid values, for checks that need only some of them. */
  readonly values: Values;
  /** Undefined when there are problems. */
  readonly config: StackConfig | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Like {@link parseConfig}, but keeps the valid values when others are wrong. */
export function checkStack(raw: Readonly<Record<string, unknown>>): CheckedStack {
  const { values, complete, problems: ofSingleValues } = readStack(raw);
  const versions = checkVersions(values);
  const problems = [
    ...ofSingleValues,
    ...checkNodes(values),
    ...checkNetwork(values),
    ...versions.problems,
    ...checkPatches(values),
    ...checkVirtualAddresses(values),
    ...checkRepository(values),
  ];
  const config = complete === undefined || problems.length > 0 ? undefined : derive(complete);
  return { values, config, problems, warnings: [...versions.warnings, ...warnOfNowhereToRun(values)] };
}

function derive(input: StackInput): StackConfig {
  const { cluster, network, versions, patches, github, upgrades, suspend, protect } = input;
  const [gone, nodes] = [true, false].map((isGone) =>
    input.nodes.filter((node) => node.gone === isGone).map((node) => deriveNode(node, input)),
  ) as [Node[], Node[]];
  const [first, ...others] = nodes.filter((node) => node.role === "controlplane");
  if (first === undefined) throw new Error("checkNodes lets no cluster without control plane pass");
  return {
    cluster,
    network,
    versions,
    nodes,
    gone,
    controlPlanes: [first, ...others],
    workers: nodes.filter((node) => node.role === "worker"),
    patches,
    github,
    upgrades,
    suspend,
    protect,
  };
}

function deriveNode(node: StackInput["nodes"][number], input: StackInput): Node {
  const schematicId = node.schematicId ?? input.schematicId;
  // Always explicit and always from the Factory: the provider's default is an image that is no longer published.
  const installerImage = `factory.talos.dev/metal-installer/${schematicId}:${input.versions.talos}`;
  const { name, address, role, disk, patches, generation } = node;
  return { name, address, role, disk, patches, generation, schematicId, installerImage };
}
