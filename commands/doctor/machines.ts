// What is at the machines' addresses: the machine itself, another one, one that waits for a config, nobody.
import type { PlainConfig } from "../../src/config/assemble.ts";
import { ask, type Answer } from "../../src/talos/identity/ask.ts";
import { judge, machinesToAsk, type Scene, type Verdict } from "../../src/talos/identity/judge.ts";
import { talosPort, whyUnreachable } from "../../src/talos/identity/whyUnreachable.ts";
import type { MachineRef } from "../../src/talos/contracts.ts";
import { withTalosctl } from "../../src/steps/talosctl.ts";
import { isInMaintenance } from "../recover/machines.ts";
import type { Finding } from "./report.ts";

const timeoutMs = 2_000;

/** What was found at an address; `somebody` answers and could not be asked who it is, for want of a certificate. */
export type Found = Answer | { readonly is: "somebody" };

/** All of them at once. @param config the stack config as far as it is valid */
export async function machineFindings(
  machines: readonly MachineRef[],
  config: PlainConfig | undefined,
): Promise<readonly Finding[]> {
  const asked = config === undefined ? machines : machinesToAsk(config);
  const found = await askAll(asked, config?.lastRun.talosconfig);
  return describeMachines(machines, found, config);
}

async function askAll(
  machines: readonly MachineRef[],
  talosconfig: string | undefined,
): Promise<ReadonlyMap<string, Found>> {
  const all = async (look: (machine: MachineRef) => Promise<Found>): Promise<ReadonlyMap<string, Found>> =>
    new Map(
      await Promise.all(machines.map(async (machine) => [machine.address, await look(machine)] as const)),
    );
  if (talosconfig === undefined) return all((machine) => lookFromOutside(machine));
  return withTalosctl(talosconfig, (talosctl) =>
    all((machine) => ask(talosctl, machine, timeoutMs).catch(() => lookFromOutside(machine))),
  );
}

/** What a machine says to somebody without a certificate. @param port for tests */
export async function lookFromOutside({ address }: MachineRef, port = talosPort): Promise<Found> {
  const why = await whyUnreachable(address, timeoutMs, port);
  if (why !== undefined) return { is: "unreachable", why };
  return (await isInMaintenance(address)) ? { is: "maintenance" } : { is: "somebody" };
}

/** One finding for each machine of the stack config, and what is wrong with those that are to leave. Pure. */
export function describeMachines(
  machines: readonly MachineRef[],
  found: ReadonlyMap<string, Found>,
  config: Scene["config"] | undefined,
): readonly Finding[] {
  const answers = new Map(
    [...found].flatMap(([at, one]) => (one.is === "somebody" ? [] : [[at, one] as const])),
  );
  // Of somebody who could not be asked nothing is known, which is no reason to say anything.
  const verdicts = (config === undefined ? [] : judge({ config, answers })).filter(
    ({ kind }) => kind === "refuse",
  );
  const names = machines.map(({ name }) => name);
  return [
    ...machines.map((machine) => {
      const verdict = verdicts.find((one) => one.machine === machine.name);
      return verdict === undefined
        ? findingOf(machine, found.get(machine.address) ?? { is: "unreachable", why: "was not asked" })
        : wrong(verdict);
    }),
    ...verdicts.filter(({ machine }) => !names.includes(machine)).map(wrong),
  ];
}

function wrong({ machine, text, todo }: Verdict): Finding {
  return { state: "missing", what: machine === "" ? "machines" : machine, found: text, todo };
}

function findingOf({ name: what, address }: MachineRef, found: Found): Finding {
  const where = `${address}:${String(talosPort)}`;
  const ok = (text: string): Finding => ({ state: "ok", what, found: text });
  switch (found.is) {
    case "unreachable": {
      const todo = "switch it on, and compare its address with the one that it shows on its screen";
      return { state: "warning", what, found: `${where}: ${found.why}`, todo };
    }
    case "other":
      return { state: "missing", what, found: found.error.message, todo: found.error.todo };
    case "maintenance":
      return ok(`is in maintenance mode at ${address}, ready for its config`);
    case "somebody":
      return ok(`answers at ${where}`);
    case "member":
      return ok(`answers at ${where} as ${found.name ?? "a machine"} of this cluster`);
  }
}
