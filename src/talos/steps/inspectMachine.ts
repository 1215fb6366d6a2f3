// Looks at one machine before anything is sent to it, and refuses what must not be touched: a machine of another
// cluster, somebody else's address, a machine that is off. Changes nothing.
import { classify, serverVersion, type MachineClass, type Probe } from "../classify.ts";
import { StepError } from "../../steps/stepError.ts";
import { runStep, type Step } from "../../steps/step.ts";
import { reasonOf, Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";

/** A machine that reboots, or whose switch port needs a moment, gets this long to answer. */
const patienceSeconds = 30;

interface Machine {
  readonly name: string;
  readonly address: string;
}

await runStep({ name: "inspect machine", timeoutSeconds: 90 }, async (step) => {
  const machine = { name: step.input("NODE_NAME"), address: step.input("NODE_ADDRESS") };
  const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
  const { found, probe } = await look(step, talosctl, machine);
  refuse(found, machine, probe);
  if (found === "maintenance")
    return `${machine.name} (${machine.address}) is in maintenance mode, ready for its config`;
  return `${machine.name} (${machine.address}) is a member of this cluster, Talos ${serverVersion(probe.trusted.stdout) ?? "unknown"}`;
});

async function look(
  step: Step,
  talosctl: Talosctl,
  machine: Machine,
): Promise<{ found: MachineClass; probe: Probe }> {
  const end = Date.now() + patienceSeconds * 1000;
  return step.waitFor(
    {
      what: `${machine.name} (${machine.address})`,
      timeoutSeconds: patienceSeconds + 30,
      todo: "switch the machine on, then run pulumi up again",
    },
    async () => {
      const probe = {
        trusted: await talosctl.run(machine.address, ["version"], 8),
        insecure: await talosctl.runInsecure(machine.address, ["version"], 8),
      };
      const found = classify(probe);
      if (found === "unreachable" && Date.now() < end)
        return notYet(`${machine.name}: no answer from ${machine.address} yet: ${reasonOf(probe.trusted)}`);
      return done({ found, probe });
    },
  );
}

/** @throws StepError for everything that must not get this cluster's config */
function refuse(found: MachineClass, machine: Machine, probe: Probe): void {
  const where = `${machine.name}: the machine at ${machine.address}`;
  switch (found) {
    case "maintenance":
    case "member":
      return;
    case "foreign":
      throw new StepError(
        `${where} belongs to another cluster: it runs Talos, but not with this cluster's certificates (${reasonOf(probe.trusted)})`,
        `check the address of ${machine.name} in the stack config; to take the machine over, wipe it with that cluster's talosconfig: talosctl reset --graceful=false --reboot -n ${machine.address}`,
      );
    case "clock":
      throw new StepError(
        `${where} refuses the certificates because of the time: ${reasonOf(probe.trusted)}`,
        "set the clock of that machine (BIOS, NTP server) and of this computer, then run pulumi up again",
      );
    case "stranger":
      throw new StepError(
        `${where} does not speak the Talos API on port 50000: ${reasonOf(probe.insecure)}`,
        `check the address of ${machine.name} in the stack config`,
      );
    case "unreachable":
      throw new StepError(
        `${where} does not answer on port 50000 (waited ${String(patienceSeconds)} s): ${reasonOf(probe.insecure)}`,
        `switch ${machine.name} on and boot the Talos image, or correct its address in the stack config, then run pulumi up again`,
      );
  }
}
