// The installer, which every way to another Talos runs: the first installation, the upgrade call, the lifecycle service of
// Talos 1.13. It writes beside the Talos that runs; the next boot takes what it wrote.
import type { TalosMachine } from "./machine.ts";
import { installationOf } from "./machineRecord.ts";
import type { Installation } from "./machineRecord.ts";

/**
 * The installation that an image and a disk make.
 * @throws Error when the disk is not there or the image is no installer image
 */
export function checkedInstallation(machine: TalosMachine, image: string, disk: string): Installation {
  const path = disk === "" ? machine.disks[0]?.path : disk;
  if (path === undefined || machine.has("diskMissing") || !machine.disks.some((d) => d.path === path))
    throw new Error(`failed to find the install disk: stat ${path ?? disk}: no such file or directory`);
  const installation = installationOf(image, path);
  if (!installation) throw new Error(`error pulling installer image "${image}": invalid reference format`);
  return installation;
}

/**
 * Runs the installer.
 * @param print gets its output, line by line; the console has it too
 * @returns its exit code
 * @throws Error while another installer runs, and Superseded when the machine is switched off
 */
export async function runInstaller(
  machine: TalosMachine,
  installation: Installation,
  print?: (line: string) => void,
): Promise<number> {
  if (machine.installerRuns) throw new Error("another installation/upgrade is already in progress");
  const say = (line: string): void => {
    machine.log.write(line);
    print?.(line);
  };
  machine.installerRuns = true;
  try {
    say(`running Talos installer ${installation.version}`);
    await machine.delay(machine.delays.installMs);
    if (machine.has("installerFails")) {
      say("Error: the fault installerFails is on");
      return 1;
    }
    machine.remember({ staged: installation });
    say(`installation of ${installation.version} complete`);
    return 0;
  } finally {
    machine.installerRuns = false;
  }
}

/** Runs the installer as a task of a sequence. @throws Error that ends the sequence when the installer fails */
export async function installTask(machine: TalosMachine, installation: Installation): Promise<void> {
  const code = await runInstaller(machine, installation);
  if (code !== 0) throw new Error(`installer failed with exit code ${String(code)}`);
}

/** The beginning of a boot: what was installed meanwhile is what runs now. */
export function takeInstallation(machine: TalosMachine): void {
  const { staged, installed } = machine.record;
  if (!staged) return;
  // Talos falls back to the old slot when the new one does not boot.
  if (installed && machine.has("oldImage")) machine.remember({ staged: undefined });
  else machine.remember({ previous: installed, installed: staged, staged: undefined });
}
