// Whether there is an etcd, as the control planes say it themselves: the one answer for everything that bootstraps, waits
// or upgrades. Only what a machine answers at once is asked: before the bootstrap `etcd members` and its like hang until
// the caller gives up (Talos 1.12, tried).
import type { RunResult } from "../../steps/run.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { ClusterView } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";
import { isInMaintenance, stageOf } from "../machine/inspect.ts";
import { serviceField } from "./etcdView.ts";

/** Where Talos keeps etcd's data; made by `bootstrap` or by joining. Source: siderolabs/talos constants.EtcdDataPath. */
const etcdData = "/var/lib/etcd/member";

/**
 * `runs`: etcd runs, and may name its members. `stopped`: it has data, so there is an etcd, but none runs now. `none`: the
 * machine runs, waits for a bootstrap or to join, and has no data. `blank`: in maintenance mode or being installed, so that
 * nothing runs on it yet. `unknown`: it does not answer, or is not far enough to know its disk.
 */
type Says = "runs" | "stopped" | "none" | "blank" | "unknown";

/** What one control plane says about its own etcd. */
export interface EtcdAnswer {
  readonly machine: MachineRef;
  readonly says: Says;
  /** For people, with the machine's name, e.g. `k8s-2: is booting`. */
  readonly seen: string;
}

/** How to wait for the answers. */
export interface PresenceOptions {
  readonly timeoutSeconds?: number;
  /**
   * Whether a machine without a running system counts as one without etcd. It does where nothing is made from the answer;
   * a bootstrap wants to hear it from a system that has seen its disk. Default true.
   */
  readonly blankIsNone?: boolean;
  /** What not knowing would risk, for the message, e.g. `etcd is not bootstrapped without it`. */
  readonly why: string;
}

/** Asks all control planes at the same time, once. Never throws: no answer is an answer too. */
export async function askEtcd(cluster: Omit<ClusterView, "step">): Promise<readonly EtcdAnswer[]> {
  return Promise.all(
    cluster.controlPlanes.map(async (machine) => {
      const [says, text] = await whatItSays(cluster.talosctl, machine);
      return { machine, says, seen: `${machine.name}: ${text}` };
    }),
  );
}

/** Whether one of them has said that there is an etcd. */
export function hasEtcd(answers: readonly EtcdAnswer[]): boolean {
  return answers.some(({ says }) => says === "runs" || says === "stopped");
}

/**
 * Whether there is an etcd: true as soon as one control plane has it, false when every one has said that it has none.
 * @throws StepError naming those that have not said it within the time: not knowing is no reason to take it for a no
 */
export async function isThereEtcd(
  { step, talosctl, controlPlanes }: ClusterView,
  { timeoutSeconds = 60, blankIsNone = true, why }: PresenceOptions,
): Promise<boolean> {
  // What has no etcd gets it only from another that has it, and that one says so. So an answer holds while others reboot.
  let open = controlPlanes;
  return step.waitFor(
    {
      what: "an answer from every control plane whether it has etcd",
      timeoutSeconds,
      todo: `${why}; switch those machines on or look at their screens, then run pulumi up again`,
    },
    async () => {
      const answers = await askEtcd({ talosctl, controlPlanes: open });
      if (hasEtcd(answers)) return done(true);
      const silent = answers.filter(({ says }) => says === "unknown" || (says === "blank" && !blankIsNone));
      open = silent.map(({ machine }) => machine);
      return silent.length === 0 ? done(false) : notYet(silent.map(({ seen }) => seen).join("; "));
    },
  );
}

async function whatItSays(talosctl: Talosctl, machine: MachineRef): Promise<readonly [Says, string]> {
  const [service, data] = await Promise.all([
    talosctl.run(machine.address, ["service", "etcd"]),
    talosctl.run(machine.address, ["list", etcdData]),
  ]);
  const state = service.code === 0 ? serviceField(service.stdout, "STATE") : undefined;
  if (state === "Running") return ["runs", "etcd runs"];
  if (data.code === 0) return ["stopped", `has etcd's data, its etcd is ${state ?? "not running"}`];
  // From here on its volumes are mounted. Source: siderolabs/talos pkg/system/service_runner.go, "Running pre state".
  if (state === "Preparing" && data.stderr.includes("no such file or directory"))
    return ["none", "has no etcd"];
  if (state !== undefined) return ["unknown", `is booting, its etcd is ${state}`];
  // It knows no service etcd: not configured, not far enough, or silent.
  const [stage, isBlank] = await Promise.all([
    stageOf(talosctl, machine),
    isInMaintenance(talosctl, machine),
  ]);
  if (stage === "installing") return ["blank", "is being installed"];
  if (stage !== undefined) return ["unknown", `is ${stage}`];
  return isBlank ? ["blank", "is in maintenance mode"] : ["unknown", silence(service)];
}

/** A machine that reboots refuses, resets or swallows the connection, as it comes: one text for all of it. */
function silence(result: RunResult): string {
  if (result.code === 0) return "does not say what its etcd does";
  return /Unavailable|refused|deadline|did not answer|no route|timeout|reset by peer|EOF/i.test(result.stderr)
    ? "does not answer (being installed, rebooting, or off)"
    : reasonOf(result);
}
