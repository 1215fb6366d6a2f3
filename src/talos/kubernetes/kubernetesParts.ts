// Which Kubernetes runs where, as the machines themselves say it: no Kubernetes API is needed for the answer.
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import { badMove } from "../../versions/moves.ts";
import { compareVersions } from "../../versions/version.ts";
import { inspect, type Machine } from "../machine/inspect.ts";
import { isBootstrapped } from "./clusterApi.ts";

/** A part of Kubernetes on a machine. */
export interface Part {
  readonly machine: Machine;
  /** e.g. `kube-apiserver` */
  readonly program: string;
  /** e.g. `v1.36.3` */
  readonly version: string;
}

/** The Talos resources that say which image of a program a control plane runs. */
const controlPlaneResources = ["apiserverconfigs", "controllermanagerconfigs", "schedulerconfigs"];
const kubeletResource = "kubeletspecs";

/** The machines of a cluster by their part in it. */
export interface Roles {
  readonly controlPlanes: readonly Machine[];
  readonly workers: readonly Machine[];
}

/**
 * All parts that run; none before the cluster is bootstrapped: then the configs that come bring the version with them.
 * @throws StepError naming a machine that does not answer: what runs on it would be taken for nothing
 */
export async function kubernetesParts(
  step: Step,
  talosctl: Talosctl,
  { controlPlanes, workers }: Roles,
): Promise<readonly Part[]> {
  if (!(await isBootstrapped(step, talosctl, controlPlanes))) return [];
  const partsOf = async (machine: Machine, resources: readonly string[]): Promise<readonly Part[]> => {
    const found = await partsIn(talosctl, machine, resources);
    if (found.length > 0) return found;
    const isMember = (await inspect(step, talosctl, machine)) !== undefined;
    return isMember ? partsIn(talosctl, machine, resources) : [];
  };
  const parts = await Promise.all([
    ...controlPlanes.map((machine) => partsOf(machine, [...controlPlaneResources, kubeletResource])),
    ...workers.map((machine) => partsOf(machine, [kubeletResource])),
  ]);
  return parts.flat();
}

/** The oldest version among some parts; undefined when there are none. */
export function oldest(parts: readonly Part[]): string | undefined {
  return parts.map(({ version }) => version).sort(compareVersions)[0];
}

/** @throws StepError for a downgrade, and for more than one minor at a time */
export function refuseBadPart({ machine, program, version }: Part, wanted: string): void {
  const bad = badMove("kubernetes", version, wanted);
  if (bad !== undefined)
    throw new StepError(
      `${machine.name} runs ${program} ${version}; the stack config asks for ${bad.asked}`,
      bad.todo,
    );
}

async function partsIn(
  talosctl: Talosctl,
  machine: Machine,
  resources: readonly string[],
): Promise<readonly Part[]> {
  const found = await Promise.all(
    resources.map(async (resource) => {
      const { stdout } = await talosctl.run(machine.address, ["get", resource, "-o", "yaml"]);
      const [, program, version] = /image: \S+\/([a-z-]+):(v\d[\w.-]*)/.exec(stdout) ?? [];
      return program === undefined || version === undefined ? [] : [{ machine, program, version }];
    }),
  );
  return found.flat();
}
