// The long sequences of a machine: install, reboot, shutdown, reset, upgrade. Each answers its API call first and then
// runs on its own, as on Talos.
import type { MachineConfig } from "./config.ts";
import { StatusError } from "./errors.ts";
import { checkedInstallation, installTask } from "./installer.ts";
import type { TalosMachine } from "./machine.ts";
import type { Installation } from "./machineRecord.ts";
import type { MachineState } from "./options.ts";
import { runSequence, Superseded } from "./sequence.ts";
import type { Phase } from "./sequence.ts";

/** What a reset wipes. */
export interface ResetRequest {
  readonly graceful: boolean;
  readonly reboot: boolean;
  /** Partition labels, e.g. `["STATE", "EPHEMERAL"]`; empty for the whole disk. */
  readonly labels: readonly string[];
}

/** What an upgrade is asked for. */
export interface UpgradeRequest {
  readonly installation: Installation;
  /** Installed by the next boot only. */
  readonly stage: boolean;
}

const stopServices: readonly Phase[] = [
  { name: "stopServices", task: "stopServicesEphemeral" },
  { name: "umount", task: "unmountPodMounts" },
  { name: "unmountSystem", task: "unmountEphemeralPartition" },
  { name: "volumeFinalize", task: "teardownVolumeLifecycle" },
];

/** Installs Talos on the disk that the config names, then reboots into it. Fails back into maintenance mode. */
export async function install(machine: TalosMachine, config: MachineConfig): Promise<void> {
  const run = (): Promise<void> => {
    machine.setState("installing");
    return installTask(machine, checkedInstallation(machine, config.install.image, config.install.disk));
  };
  const phases: Phase[] = [
    { name: "env", task: "setUserEnvVars" },
    { name: "install", task: "install", run },
    { name: "saveMeta", task: "flushMeta" },
    { name: "stopEverything", task: "stopAllServices" },
    { name: "reboot", task: "reboot" },
  ];
  try {
    await runSequence(machine, "install", phases, "", machine.era);
  } catch (error) {
    if (error instanceof Superseded) throw error;
    machine.disk.wipeConfig();
  }
  await machine.restart();
}

/** Reboots. @throws StatusError while another sequence runs */
export function reboot(machine: TalosMachine, actorId: string, force: boolean): void {
  const phases: Phase[] = force
    ? []
    : [{ name: "cleanup", task: "stopAllPods" }, ...stopServices, stopAll(machine)];
  start(machine, "rebooting", actorId, "reboot", phases, () => machine.restart());
}

/** Shuts down: the machine stays off, also over a restart of the lab, until it is switched on. */
export function shutdown(machine: TalosMachine, actorId: string): void {
  const phases = [{ name: "cleanup", task: "stopAllPods" }, ...stopServices, stopAll(machine)];
  start(machine, "shutting down", actorId, "shutdown", phases, () => machine.powerOff());
}

/** Wipes the machine; it comes back in maintenance mode, or stays off. */
export function reset(machine: TalosMachine, actorId: string, request: ResetRequest): void {
  const controlPlane = machine.config?.type === "controlplane";
  const leave: Phase[] =
    request.graceful && controlPlane
      ? [{ name: "leave", task: "leaveEtcd", run: () => machine.leaveEtcd() }]
      : [];
  const drain: Phase[] = request.graceful
    ? [
        { name: "drain", task: "cordonAndDrainNode" },
        { name: "cleanup", task: "removeAllPods" },
      ]
    : [{ name: "cleanup", task: "stopAllPods" }];
  const phases: Phase[] = [
    ...drain,
    ...leave,
    { name: "preReset", task: "sendResetSignal" },
    ...stopServices,
    stopAll(machine),
    { name: "forceCleanup", task: "forceCleanup" },
    {
      name: request.labels.length === 0 ? "reset" : "resetSpec",
      task: request.labels.length === 0 ? "resetSystemDisk" : "resetSystemDiskSpec",
      run: () => wipe(machine, request.labels),
    },
  ];
  start(machine, "resetting", actorId, "reset", phases, () =>
    request.reboot ? machine.restart() : machine.powerOff(),
  );
}

/** Installs another Talos beside the running one and reboots into it. */
export function upgrade(machine: TalosMachine, actorId: string, request: UpgradeRequest): void {
  const installNow = (): Promise<void> => installTask(machine, request.installation);
  const stageOnly = (): void => {
    machine.remember({ staged: request.installation });
  };
  const phases: Phase[] = request.stage
    ? [{ name: "cleanup", task: "stopAllPods", run: stageOnly }, ...stopServices, stopAll(machine)]
    : [
        { name: "drain", task: "cordonAndDrainNode" },
        { name: "cleanup", task: "stopAllPods" },
        ...stopServices,
        { name: "upgrade", task: "upgrade", run: installNow },
        stopAll(machine),
      ];
  const name = request.stage ? "stageUpgrade" : "upgrade";
  start(machine, "upgrading", actorId, name, phases, () => machine.restart());
}

/** Boots the previous Talos again. @throws StatusError when there is none */
export function rollback(machine: TalosMachine, actorId: string): void {
  const { previous, installed, staged } = machine.record;
  // What was installed but never booted is the newest: back from there is where the machine is.
  if (staged) machine.remember({ staged: undefined, previous: staged });
  else if (previous) machine.remember({ installed: previous, previous: installed });
  else throw new StatusError("Unknown", "no fallback installation found");
  reboot(machine, actorId, false);
}

function stopAll(machine: TalosMachine): Phase {
  return { name: "stopEverything", task: "stopAllServices", run: () => machine.options.runtime.stop() };
}

async function wipe(machine: TalosMachine, labels: readonly string[]): Promise<void> {
  if (labels.length === 0 || labels.includes("STATE")) machine.disk.wipeConfig();
  if (labels.length === 0 || labels.includes("EPHEMERAL")) {
    machine.remember({ pulled: [] });
    await machine.options.runtime.wipe();
  }
  if (labels.length === 0) machine.remember({ installed: undefined, previous: undefined, staged: undefined });
}

// A sequence that fails takes machined down with it: after ten seconds the machine boots what it ran before.
// Source: siderolabs/talos v1.12.0 internal/app/machined/main.go, handle.
async function rebootAfterFailure(machine: TalosMachine, era: AbortSignal): Promise<void> {
  machine.setState("rebooting");
  machine.remember({ staged: undefined });
  machine.log.write("rebooting in 10 seconds");
  await machine.delay(machine.delays.rebootMs, era);
  await machine.restart();
}

// One sequence at a time; the API call that starts one has its answer before connections are cut.
function start(
  machine: TalosMachine,
  state: MachineState,
  actorId: string,
  name: string,
  phases: readonly Phase[],
  last: () => Promise<void>,
): void {
  const { era } = machine;
  if (!["running", "booting", "maintenance"].includes(machine.state))
    throw new StatusError(
      "FailedPrecondition",
      `sequence ${name} cannot start: the machine is ${machine.state}`,
    );
  const settle = Math.min(machine.delays.rebootMs, 100);
  const run = async (): Promise<void> => {
    try {
      // The answer gets out, and who asked begins to follow the events: a real machine needs longer for its first phase.
      await machine.delay(settle, era);
      machine.setState(state);
      await runSequence(machine, name, phases, actorId, era);
    } catch (error) {
      if (!era.aborted) machine.background(rebootAfterFailure(machine, era));
      throw error;
    }
    // Give followers of the event log the last events before the line goes dead.
    await machine.delay(settle, era);
    await last();
  };
  machine.background(run());
}
