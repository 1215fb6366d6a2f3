// What the upgrade steps are told about machines, and what they ask them.
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { badMove } from "../../versions/moves.ts";
import { inspect, type Machine } from "./inspect.ts";

/** What is installed on a machine. */
export interface Installation {
  /** e.g. `v1.13.9` */
  readonly version: string;
  /** Schematic id; undefined where the image was not made by a factory. */
  readonly schematic: string | undefined;
}

const bootIdPath = "/proc/sys/kernel/random/boot_id";

/**
 * What is installed on a member of this cluster; undefined for a machine in maintenance mode.
 * @throws StepError for any other machine, and for one that does not answer for half a minute
 */
export async function installationOf(
  step: Step,
  talosctl: Talosctl,
  machine: Machine,
): Promise<Installation | undefined> {
  const version = await inspect(step, talosctl, machine);
  return version === undefined
    ? undefined
    : { version, schematic: await schematicOf(talosctl, machine.address) };
}

/** Source: siderolabs/talos: the factory's images carry an extension named `schematic` whose version is the id. */
async function schematicOf(talosctl: Talosctl, address: string): Promise<string | undefined> {
  const { stdout } = await talosctl.run(address, ["get", "extensions", "-o", "yaml"]);
  return /name: schematic\s+version: (\S+)/.exec(stdout)?.[1];
}

/** Id of the machine's boot; another one means that it has rebooted. @throws Error while it does not answer */
export async function bootId(talosctl: Talosctl, { address }: Machine): Promise<string> {
  const result = await talosctl.run(address, ["read", bootIdPath]);
  if (result.code !== 0) throw new Error(reasonOf(result));
  return result.stdout.trim();
}

/** Whether two installations differ. A schematic that is not known is taken for the wanted one. */
export function differs(running: Installation, wanted: Installation): boolean {
  return (
    running.version !== wanted.version ||
    (running.schematic !== undefined && running.schematic !== wanted.schematic)
  );
}

/** Short for people: `v1.13.9 (schematic 37656798)`. */
export function shown({ version, schematic }: Installation): string {
  return schematic === undefined ? version : `${version} (schematic ${schematic.slice(0, 8)})`;
}

/** @throws StepError when the wanted Talos is older, or more than one minor newer, than what runs */
export function refuseBadMove(machine: Machine, running: Installation, wanted: Installation): void {
  const bad = badMove("talos", running.version, wanted.version);
  if (bad !== undefined)
    throw new StepError(
      `${machine.name} runs Talos ${running.version}; the stack config asks for ${bad.asked}`,
      bad.todo,
    );
}
