// Which Kubernetes runs where, as the machines themselves say it: no Kubernetes API is needed for the answer.
import { compareVersions } from "../../versions/version.ts";
import type { ClusterView } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";
import { inspect, resourceOf } from "../machine/inspect.ts";
import type { Part } from "../machine/installation.ts";
import { isBootstrapped } from "./clusterApi.ts";

/** The Talos resources that say which image of a program a machine runs. */
const kubeletResource = "kubeletspecs";
const controlPlaneResources = [
  "apiserverconfigs",
  "controllermanagerconfigs",
  "schedulerconfigs",
  kubeletResource,
];

/**
 * All parts that run; none before the cluster is bootstrapped: then the configs that come bring the version with them.
 * @throws StepError naming a machine that does not answer: what runs on it would be taken for nothing
 */
export async function kubernetesParts(
  cluster: ClusterView,
  workers: readonly MachineRef[],
): Promise<readonly Part[]> {
  if (!(await isBootstrapped(cluster))) return [];
  const partsOf = async (machine: MachineRef, resources: readonly string[]): Promise<readonly Part[]> => {
    const found = await partsIn(cluster, machine, resources);
    if (found.length > 0) return found;
    const isMember = (await inspect(cluster, machine)) !== undefined;
    return isMember ? partsIn(cluster, machine, resources) : [];
  };
  const parts = await Promise.all([
    ...cluster.controlPlanes.map((machine) => partsOf(machine, controlPlaneResources)),
    ...workers.map((machine) => partsOf(machine, [kubeletResource])),
  ]);
  return parts.flat();
}

/** The oldest version among some parts; undefined when there are none. */
export function oldest(parts: readonly Part[]): string | undefined {
  return parts.map(({ version }) => version).sort(compareVersions)[0];
}

async function partsIn(
  { talosctl }: ClusterView,
  machine: MachineRef,
  resources: readonly string[],
): Promise<readonly Part[]> {
  const found = await Promise.all(resources.map((resource) => resourceOf(talosctl, machine, resource)));
  return found.flatMap((text) => {
    const [, program, version] = /image: \S+\/([a-z-]+):(v\d[\w.-]*)/.exec(text) ?? [];
    return program === undefined || version === undefined ? [] : [{ machine, program, version }];
  });
}
