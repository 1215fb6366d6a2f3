// All faults of a lab by name: those of a machine, of what runs on it, and of the services around.
import { runtimeFaults, type RuntimeFault } from "../kubernetes/machineRuntime.ts";
import { serviceFaults } from "../serviceFaults.ts";
import { machineFaults, type FaultName } from "../talos/options.ts";
import type { Lab, RunningMachine } from "./lab.ts";

/** What there is, for `--help` and for errors. */
export function faultHelp(): string {
  return [
    "machine faults (with the machine's name):",
    ...described({ ...machineFaults, ...runtimeFaults }),
    "service faults:",
    ...described({
      ...serviceFaults,
      "host-down:HOST": "nobody answers at this host of the Internet",
      "image-missing:PART": "machines do not find images with this in their name",
    }),
  ].join("\n");
}

function described(faults: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(faults).map(([name, what]) => `  ${name.padEnd(24)} ${what}`);
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
  if (name in runtimeFaults) await machineOf(lab, name, machine).runtime.fault(name as RuntimeFault, on);
  else if (name in machineFaults) await machineOf(lab, name, machine).machine.fault(name as FaultName, on);
  else await lab.services.fault(name, on);
}

/** Faults that are on, e.g. `["k8s-1 off", "git-down"]`. */
export function activeFaults(lab: Pick<Lab, "machines" | "services">): readonly string[] {
  return [
    ...lab.machines.flatMap(({ machine, runtime }) =>
      [
        ...(Object.keys(machineFaults) as FaultName[]).filter((fault) => machine.has(fault)),
        ...(Object.keys(runtimeFaults) as RuntimeFault[]).filter((fault) => runtime.has(fault)),
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
