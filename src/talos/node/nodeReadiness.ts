import { conditionOf, type KubeObject } from "../../steps/kubernetes.ts";
import { done, notYet, type Observation } from "../../steps/wait.ts";

/**
 * Whether a node is Ready since its machine's last boot. The cluster believes a Ready of before the reboot for most of a
 * minute; the boot that a kubelet writes into its node tells them apart.
 * @param boot id of the boot that the machine runs
 */
export function nodeReadiness(
  name: string,
  node: KubeObject | undefined,
  boot: string,
): Observation<undefined> {
  if (node === undefined) return notYet(`${name}: not registered`);
  const { bootID } = (node.status?.["nodeInfo"] ?? {}) as { readonly bootID?: string };
  if (bootID && bootID !== boot) return notYet(`${name}: its kubelet has not reported since the reboot`);
  const ready = conditionOf(node, "Ready");
  return ready?.status === "True" ? done() : notYet(`${name}: ${ready?.message ?? "not Ready"}`);
}
