// One machine, looked at with patience: is it ready for this cluster's config, or in the cluster already? Everything else
// stops whatever step asks. It is judged by how its Talos API answers two questions: one with this cluster's client
// certificate, one without any.
import type { RunResult } from "../../steps/run.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Asking } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";

/**
 * What a machine is to this cluster: one that waits for a config (booted from the image, or wiped), one that runs with this
 * cluster's certificates, one that runs Talos with another's, one whose certificates do not hold now because a clock is wrong,
 * somebody who does not speak the Talos API, or nobody.
 */
export type MachineClass = "maintenance" | "member" | "foreign" | "clock" | "stranger" | "unreachable";

/** The answers of `talosctl version` with this cluster's client certificate, and with `--insecure`. */
export interface Probe {
  readonly trusted: RunResult;
  readonly insecure: RunResult;
}

/** What is said where neither is answered, in the order in which it counts. */
const signs = [
  ["clock", /expired or is not yet valid|certificate has expired/i],
  ["foreign", /certificate required|unknown authority|bad certificate|unknown certificate|PermissionDenied/i],
  [
    "stranger",
    /first record does not look like a TLS handshake|malformed HTTP|unexpected content-type|missing selected ALPN/i,
  ],
] as const;

/** Classifies a machine by how it answered. */
export function classify({ trusted, insecure }: Probe): MachineClass {
  if (answered(trusted)) return "member";
  // Only maintenance mode serves callers without a certificate. Talos 1.11 and older answer `version` there with
  // Unimplemented, which is an answer all the same.
  if (answered(insecure) || /Unimplemented|not implemented in maintenance/i.test(insecure.stderr))
    return "maintenance";
  const said = `${trusted.stderr}${insecure.stderr}`;
  return signs.find(([, sign]) => sign.test(said))?.[0] ?? "unreachable";
}

/** Version of Talos in the output of `talosctl version`, e.g. `v1.12.0`; undefined when the server part is missing. */
export function serverVersion(output: string): string | undefined {
  return /^Server:[^]*?Tag:\s+(v\S+)/m.exec(output)?.[1];
}

function answered({ code, stdout }: RunResult): boolean {
  return code === 0 && serverVersion(stdout) !== undefined;
}

/** A machine that reboots, or whose switch port needs a moment, gets this long to answer. */
const patienceSeconds = 30;

/**
 * Version of the Talos that runs on a member of this cluster, e.g. `v1.13.9`; undefined for a machine in maintenance mode.
 * @throws StepError for a machine that is neither: another cluster's, somebody else's address, off
 */
export async function inspect({ step, talosctl }: Asking, machine: MachineRef): Promise<string | undefined> {
  const { name, address } = machine;
  const end = Date.now() + patienceSeconds * 1000;
  const { found, probe } = await step.waitFor(
    {
      what: `${name} (${address})`,
      timeoutSeconds: patienceSeconds + 30,
      todo: "switch the machine on, then run pulumi up again",
    },
    async () => {
      const seen = await look(talosctl, machine);
      return seen.found === "unreachable" && Date.now() < end
        ? notYet(`${name}: no answer from ${address} yet: ${reasonOf(seen.probe.trusted)}`)
        : done(seen);
    },
  );
  const error = refusal(found, machine, probe, `(waited ${String(patienceSeconds)} s)`);
  if (error !== undefined) throw error;
  return found === "maintenance" ? undefined : (serverVersion(probe.trusted.stdout) ?? "unknown");
}

/** Asks a machine once what it is. */
export async function look(
  talosctl: Talosctl,
  { address }: MachineRef,
): Promise<{ readonly found: MachineClass; readonly probe: Probe }> {
  const [trusted, insecure] = await Promise.all([
    talosctl.run(address, ["version"], 8),
    talosctl.runInsecure(address, ["version"], 8),
  ]);
  return { found: classify({ trusted, insecure }), probe: { trusted, insecure } };
}

/** Whether a machine waits for a config. */
export async function isInMaintenance(talosctl: Talosctl, machine: MachineRef): Promise<boolean> {
  return (await look(talosctl, machine)).found === "maintenance";
}

/**
 * Why a machine must not get this cluster's config; undefined for a member and for one in maintenance mode.
 * @param waited how long it was waited for, in brackets
 */
export function refusal(
  found: MachineClass,
  { name, address }: MachineRef,
  { trusted, insecure }: Probe,
  waited = "",
): StepError | undefined {
  const refused = (what: string, todo: string): StepError =>
    new StepError(`${name}: the machine at ${address} ${what}`, todo);
  switch (found) {
    case "maintenance":
    case "member":
      return undefined;
    case "foreign":
      return refused(
        `belongs to another cluster: it runs Talos, but not with this cluster's certificates (${reasonOf(trusted)})`,
        `check the address of ${name} in the stack config; to take the machine over, wipe it with that cluster's talosconfig: talosctl reset --graceful=false --reboot -n ${address}`,
      );
    case "clock":
      return refused(
        `refuses the certificates because of the time: ${reasonOf(trusted)}`,
        "set the clock of that machine (BIOS, NTP server) and of this computer, then run pulumi up again",
      );
    case "stranger":
      return refused(
        `does not speak the Talos API on port 50000: ${reasonOf(insecure)}`,
        `check the address of ${name} in the stack config`,
      );
    case "unreachable":
      return refused(
        `does not answer on port 50000${waited && ` ${waited}`}: ${reasonOf(insecure)}`,
        `switch ${name} on and boot the Talos image, or correct its address in the stack config, then run pulumi up again`,
      );
  }
}

/** A resource of Talos as YAML, e.g. of kind `machinestatus`; empty while the machine does not show it. */
export async function resourceOf(talosctl: Talosctl, { address }: MachineRef, kind: string): Promise<string> {
  return (await talosctl.run(address, ["get", kind, "-o", "yaml"])).stdout;
}

/** What the machine is doing, e.g. `running`; undefined while it does not answer. Source: Talos' MachineStatus resource. */
export async function stageOf(talosctl: Talosctl, machine: MachineRef): Promise<string | undefined> {
  return /^ +stage: (\S+)/m.exec(await resourceOf(talosctl, machine, "machinestatus"))?.[1];
}
