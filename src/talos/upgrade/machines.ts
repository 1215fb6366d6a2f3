// What the upgrade steps are told about machines, and what they ask them.
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { classify, serverVersion, type MachineClass } from "../classify.ts";

/** A machine of the stack config. */
export interface Machine {
  /** e.g. `k8s-1` */
  readonly name: string;
  /** e.g. `192.0.2.11` */
  readonly address: string;
}

/** What is installed on a machine. */
export interface Installation {
  /** e.g. `v1.13.9` */
  readonly version: string;
  /** Schematic id; undefined where the image was not made by a factory. */
  readonly schematic: string | undefined;
}

/** What a machine is, and what runs on it when it is a member of this cluster. */
export interface Found {
  readonly kind: MachineClass;
  readonly running: Installation | undefined;
}

const bootIdPath = "/proc/sys/kernel/random/boot_id";

/** Looks at a machine once. */
export async function look(talosctl: Talosctl, { address }: Machine): Promise<Found> {
  const trusted = await talosctl.run(address, ["version"], 8);
  const version = trusted.code === 0 ? serverVersion(trusted.stdout) : undefined;
  if (version !== undefined)
    return { kind: "member", running: { version, schematic: await schematicOf(talosctl, address) } };
  const insecure = await talosctl.runInsecure(address, ["version"], 8);
  return { kind: classify({ trusted, insecure }), running: undefined };
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

/** What the machine is doing, e.g. `running`; undefined while it does not answer. Source: Talos' MachineStatus resource. */
export async function stageOf(talosctl: Talosctl, { address }: Machine): Promise<string | undefined> {
  const { stdout } = await talosctl.run(address, ["get", "machinestatus", "-o", "yaml"]);
  return /^ +stage: (\S+)/m.exec(stdout)?.[1];
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
export function refuseBadJump(machine: Machine, running: Installation, wanted: Installation): void {
  const [from, to] = [running.version, wanted.version].map((version) =>
    version.slice(1).split(/[.-]/).map(Number),
  ) as [number[], number[]];
  const minors = (to[1] ?? 0) - (from[1] ?? 0);
  const older = minors < 0 || (minors === 0 && (to[2] ?? 0) < (from[2] ?? 0));
  if (older)
    throw new StepError(
      `${machine.name} runs Talos ${running.version}; the stack config asks for the older ${wanted.version}`,
      `set versions.talos to ${running.version}; Talos is not taken back by an upgrade (talosctl rollback -n ${machine.address} boots the previous one)`,
    );
  if (minors > 1)
    throw new StepError(
      `${machine.name} runs Talos ${running.version}; ${wanted.version} is ${String(minors)} minors ahead`,
      `go one minor at a time, each in an up of its own: ${stops(from[1] ?? 0, to[1] ?? 0).join(", then ")}, then ${wanted.version}`,
    );
}

function stops(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from - 1 }, (_none, index) => `the latest v1.${String(from + 1 + index)}`);
}
