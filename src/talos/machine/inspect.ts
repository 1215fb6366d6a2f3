// One machine, looked at with patience: is it ready for this cluster's config, or in the cluster already? Everything else
// stops whatever step asks.
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { StepError } from "../../steps/stepError.ts";
import type { Step } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import { classify, serverVersion, type MachineClass, type Probe } from "./classify.ts";

/** A machine of the stack config, as steps are told of it. */
export interface Machine {
  /** e.g. `k8s-1` */
  readonly name: string;
  /** e.g. `192.0.2.11` */
  readonly address: string;
}

/** A machine that reboots, or whose switch port needs a moment, gets this long to answer. */
const patienceSeconds = 30;

/**
 * Version of the Talos that runs on a member of this cluster, e.g. `v1.13.9`; undefined for a machine in maintenance mode.
 * @throws StepError for a machine that is neither: another cluster's, somebody else's address, off
 */
export async function inspect(step: Step, talosctl: Talosctl, machine: Machine): Promise<string | undefined> {
  const { found, probe } = await lookPatiently(step, talosctl, machine);
  refuse(found, machine, probe);
  return found === "maintenance" ? undefined : (serverVersion(probe.trusted.stdout) ?? "unknown");
}

/** Asks a machine once what it is. */
export async function look(
  talosctl: Talosctl,
  { address }: Machine,
): Promise<{ readonly found: MachineClass; readonly probe: Probe }> {
  const probe = {
    trusted: await talosctl.run(address, ["version"], 8),
    insecure: await talosctl.runInsecure(address, ["version"], 8),
  };
  return { found: classify(probe), probe };
}

async function lookPatiently(
  step: Step,
  talosctl: Talosctl,
  machine: Machine,
): Promise<{ readonly found: MachineClass; readonly probe: Probe }> {
  const end = Date.now() + patienceSeconds * 1000;
  return step.waitFor(
    {
      what: `${machine.name} (${machine.address})`,
      timeoutSeconds: patienceSeconds + 30,
      todo: "switch the machine on, then run pulumi up again",
    },
    async () => {
      const seen = await look(talosctl, machine);
      if (seen.found === "unreachable" && Date.now() < end)
        return notYet(
          `${machine.name}: no answer from ${machine.address} yet: ${reasonOf(seen.probe.trusted)}`,
        );
      return done(seen);
    },
  );
}

/** @throws StepError for everything that must not get this cluster's config */
function refuse(found: MachineClass, machine: Machine, probe: Probe): void {
  const error = refusal(found, machine, probe, `(waited ${String(patienceSeconds)} s)`);
  if (error !== undefined) throw error;
}

/**
 * Why a machine must not get this cluster's config; undefined for a member and for one in maintenance mode.
 * @param waited how long it was waited for, in brackets
 */
export function refusal(
  found: MachineClass,
  machine: Machine,
  probe: Probe,
  waited = "",
): StepError | undefined {
  const where = `${machine.name}: the machine at ${machine.address}`;
  switch (found) {
    case "maintenance":
    case "member":
      return undefined;
    case "foreign":
      return new StepError(
        `${where} belongs to another cluster: it runs Talos, but not with this cluster's certificates (${reasonOf(probe.trusted)})`,
        `check the address of ${machine.name} in the stack config; to take the machine over, wipe it with that cluster's talosconfig: talosctl reset --graceful=false --reboot -n ${machine.address}`,
      );
    case "clock":
      return new StepError(
        `${where} refuses the certificates because of the time: ${reasonOf(probe.trusted)}`,
        "set the clock of that machine (BIOS, NTP server) and of this computer, then run pulumi up again",
      );
    case "stranger":
      return new StepError(
        `${where} does not speak the Talos API on port 50000: ${reasonOf(probe.insecure)}`,
        `check the address of ${machine.name} in the stack config`,
      );
    case "unreachable":
      return new StepError(
        `${where} does not answer on port 50000${waited === "" ? "" : ` ${waited}`}: ${reasonOf(probe.insecure)}`,
        `switch ${machine.name} on and boot the Talos image, or correct its address in the stack config, then run pulumi up again`,
      );
  }
}

/** What the machine is doing, e.g. `running`; undefined while it does not answer. Source: Talos' MachineStatus resource. */
export async function stageOf(talosctl: Talosctl, { address }: Machine): Promise<string | undefined> {
  const { stdout } = await talosctl.run(address, ["get", "machinestatus", "-o", "yaml"]);
  return /^ +stage: (\S+)/m.exec(stdout)?.[1];
}
