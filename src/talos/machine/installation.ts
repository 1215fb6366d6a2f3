// What is installed on a machine, and whether another version may take its place.
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { badMove } from "../../versions/moves.ts";
import type { Asking } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";
import { inspect, resourceOf } from "./inspect.ts";

/** A Talos, e.g. `v1.13.9`. The schematic is undefined where the image was not made by a factory. */
export interface Installation {
  readonly version: string;
  readonly schematic: string | undefined;
}

/** A program on a machine, e.g. `kube-apiserver` in version `v1.36.3`. */
export interface Part {
  readonly machine: MachineRef;
  readonly program: string;
  readonly version: string;
}

/**
 * What is installed on a member of this cluster; undefined for a machine in maintenance mode.
 * @throws StepError for any other machine, and for one that does not answer for half a minute
 */
export async function installationOf(asking: Asking, machine: MachineRef): Promise<Installation | undefined> {
  const version = await inspect(asking, machine);
  if (version === undefined) return undefined;
  // Source: siderolabs/talos: the factory's images carry an extension named `schematic` whose version is the id.
  const extensions = await resourceOf(asking.talosctl, machine, "extensions");
  return { version, schematic: /name: schematic\s+version: (\S+)/.exec(extensions)?.[1] };
}

/** Id of the machine's boot; another one means that it has rebooted. @throws Error while it does not answer */
export async function bootId(talosctl: Talosctl, { address }: MachineRef): Promise<string> {
  const result = await talosctl.run(address, ["read", "/proc/sys/kernel/random/boot_id"]);
  if (result.code !== 0) throw new Error(reasonOf(result));
  return result.stdout.trim();
}

/** Whether two installations differ. A schematic that is not known is taken for the wanted one. */
export function differs(running: Installation, wanted: Installation): boolean {
  return running.version !== wanted.version || (running.schematic ?? wanted.schematic) !== wanted.schematic;
}

/** Short for people: `v1.13.9 (schematic 37656798)`. */
export function shown({ version, schematic }: Installation): string {
  return schematic === undefined ? version : `${version} (schematic ${schematic.slice(0, 8)})`;
}

/** @throws StepError when the wanted version is older, or more than one minor newer, than what runs */
export function refuseBadMove(
  component: "talos" | "kubernetes",
  { machine, program, version }: Part,
  wanted: string,
): void {
  const bad = badMove(component, version, wanted);
  if (bad === undefined) return;
  const runs = `${machine.name} runs ${program} ${version}`;
  throw new StepError(`${runs}; the stack config asks for ${bad.asked}`, bad.todo);
}
