// How the cluster knows which generation of a machine it has: an annotation of its Node, written through its config.
import { parse } from "yaml";
import { generationAnnotation } from "../../config/patches/program.ts";
import type { KubeObject } from "../../steps/kubernetes.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import type { MachineRef } from "../contracts.ts";

/** The generation that a Node states; undefined when it carries no annotation, or one that is no number. */
export function statedGeneration(node: KubeObject): number | undefined {
  const text = node.metadata?.annotations?.[generationAnnotation] ?? "";
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

/**
 * The generation of the config that a member runs. A config without the annotation is one of the first generation; a Node
 * without it is none yet, since it comes some time after the Node, and anybody may remove it.
 * Source: Talos' MachineConfig resource, id `v1alpha1`.
 * @throws StepError when the member does not show its config
 */
export async function configuredGeneration(talosctl: Talosctl, machine: MachineRef): Promise<number> {
  const result = await talosctl.run(machine.address, ["get", "machineconfig", "v1alpha1", "-o", "yaml"]);
  const config = result.code === 0 ? configIn(result.stdout) : undefined;
  if (config !== undefined) return generationIn(config);
  throw new StepError(
    `${machine.name} does not show its config, which says its generation${result.code === 0 ? "" : `: ${reasonOf(result)}`}`,
    "it has not been touched; run pulumi up again when it answers",
  );
}

/** The config in what talosctl prints: a text inside the resource. Undefined when there is none. */
function configIn(output: string): string | undefined {
  try {
    const { spec } = parse(output) as { readonly spec?: unknown };
    return typeof spec === "string" && /^machine:/m.test(spec) ? spec : undefined;
  } catch {
    return undefined;
  }
}

/** The generation in a machine config, which may be several documents. Pure. */
export function generationIn(config: string): number {
  const found = /^\s*["']?home-ops\.dev\/generation["']?:\s*["']?([1-9]\d*)["']?\s*$/m.exec(config);
  return Number(found?.[1] ?? 1);
}
