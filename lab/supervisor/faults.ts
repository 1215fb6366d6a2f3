// All faults of a lab by name: those of a machine, of what runs on it, and of the services around.
import { runtimeFaults, type RuntimeFault } from "../kubernetes/machineRuntime.ts";
import { serviceFaults } from "../serviceFaults.ts";
import { faultNames, type FaultName } from "../talos/options.ts";
import type { Lab, RunningMachine } from "./lab.ts";

/** What there is, for `--help` and for errors. */
export function faultHelp(): string {
  return [
    `machine faults (with the machine's name): ${[...faultNames, ...runtimeFaults].join(", ")}`,
    `service faults: ${Object.keys(serviceFaults).join(", ")}, host-down:HOST, image-missing:PART`,
  ].join("\n");
}

/**
 * Switches a fault.
 * @param machine name of the machine, for machine faults
 * @throws Error naming what there is when the fault or the machine does not exist
 */
export async function switchFault(
  lab: Pick<Lab, "machines" | "services">,
  name: string,
  on: boolean,
  machine?: string,
): Promise<void> {
  if ((runtimeFaults as readonly string[]).includes(name))
    await machineOf(lab, name, machine).runtime.fault(name as RuntimeFault, on);
  else if ((faultNames as readonly string[]).includes(name))
    await machineOf(lab, name, machine).machine.fault(name as FaultName, on);
  else await lab.services.fault(name, on);
}

/** Faults that are on, e.g. `["k8s-1 off", "git-down"]`. */
export function activeFaults(lab: Pick<Lab, "machines" | "services">): readonly string[] {
  return [
    ...lab.machines.flatMap(({ machine, runtime }) =>
      [
        ...faultNames.filter((name) => machine.has(name)),
        ...runtimeFaults.filter((name) => runtime.has(name)),
      ].map((name) => `${machine.name} ${name}`),
    ),
    ...lab.services.faults(),
  ];
}

function machineOf(lab: Pick<Lab, "machines">, fault: string, name: string | undefined): RunningMachine {
  const found = lab.machines.find(({ machine }) => machine.name === name);
  if (found !== undefined) return found;
  const names = lab.machines.map(({ machine }) => machine.name).join(", ");
  throw new Error(
    `the fault ${fault} needs a machine: ${names}${name === undefined ? "" : `; found ${name}`}`,
  );
}
