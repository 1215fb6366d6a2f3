// The stack config without any file or engine around it: raw values in, a valid config or all problems out. Pure.
import { checkEndpoint } from "./checks/endpoint.ts";
import { checkMachines } from "./checks/machines.ts";
import { checkNetwork, checkVirtualAddresses } from "./checks/network.ts";
import { checkPatches } from "./checks/patches.ts";
import { checkVersions } from "./checks/versions.ts";
import type { Node, StackConfig } from "./config.ts";
import { checkRepository } from "./gitRemote.ts";
import { sortFindings, type Findings } from "./problem.ts";
import { readStack, type Values } from "./readStack.ts";
import type { StackInput } from "./schema.ts";

/** A checked stack config, whole or in parts. */
export interface CheckedStack extends Findings {
  /** The valid values, for checks that need only some of them. */
  readonly values: Values;
  /** Undefined when there are problems. */
  readonly config: StackConfig | undefined;
}

/** Checks the values below `home-ops:`, keyed without the namespace, and derives what follows from them. */
export function checkStack(raw: Readonly<Record<string, unknown>>): CheckedStack {
  const { values, complete, problems: ofSingleValues } = readStack(raw);
  const { problems, warnings } = sortFindings([
    ...ofSingleValues,
    ...checkMachines(values),
    ...checkNetwork(values),
    ...checkEndpoint(values),
    ...checkVersions(values),
    ...checkPatches(values),
    ...checkVirtualAddresses(values),
    ...checkRepository("git.url", values.git?.url ?? "", values.github),
  ]);
  const config = complete === undefined || problems.length > 0 ? undefined : derive(complete);
  return { values, config, problems, warnings };
}

function derive(input: StackInput): StackConfig {
  const { cluster, network, versions, patches, github, upgrades, suspend, protect } = input;
  const nodes = input.nodes.filter(({ gone }) => !gone).map((node) => deriveNode(node, input));
  const gone = input.nodes.filter((node) => node.gone).map((node) => deriveNode(node, input));
  const [first, ...others] = nodes.filter(({ role }) => role === "controlplane");
  if (first === undefined) throw new Error("checkMachines lets no cluster without control plane pass");
  const controlPlanes = [first, ...others] as const;
  const workers = nodes.filter(({ role }) => role === "worker");
  const ownKeys = { cluster, network, versions, patches, github, upgrades, suspend, protect };
  return { ...ownKeys, nodes, gone, controlPlanes, workers };
}

function deriveNode({ gone: _gone, ...node }: StackInput["nodes"][number], input: StackInput): Node {
  const schematicId = node.schematicId ?? input.schematicId;
  // Always explicit and always from the Factory: the provider's default is an image that is no longer published.
  const installerImage = `factory.talos.dev/metal-installer/${schematicId}:${input.versions.talos}`;
  return { ...node, schematicId, installerImage };
}
