// Whether there is an etcd, as the control planes say it themselves: the one answer for everything that bootstraps, waits
// or upgrades. Only what a machine answers at once is asked: before the bootstrap `etcd members` and its like hang until
// the caller gives up (Talos 1.12, tried).
import type { RunResult } from "../../steps/run.ts";
import type { Step } from "../../steps/step.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import { classify } from "../machine/classify.ts";
import { stageOf, type Machine } from "../machine/inspect.ts";

/** Where Talos keeps etcd's data; made by `bootstrap` or by joining. Source: siderolabs/talos constants.EtcdDataPath. */
const etcdData = "/var/lib/etcd/member";

/** What one control plane says about its own etcd. */
export interface EtcdAnswer {
  readonly machine: Machine;
  /**
   * `runs`: etcd runs, and may name its members. `stopped`: it has data, so there is an etcd, but none runs now. `none`: the
   * machine runs, waits for a bootstrap or to join, and has no data. `blank`: in maintenance mode or being installed, so
   * that nothing runs on it yet. `unknown`: it does not answer, or is not far enough to know its disk.
   */
  readonly says: "runs" | "stopped" | "none" | "blank" | "unknown";
  /** For people, with the machine's name, e.g. `k8s-2: is booting`. */
  readonly seen: string;
}

/** How to wait for the answers. */
export interface PresenceOptions {
  /** Seconds after which a control plane that has not answered is refused. Default 60. */
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
export async function askEtcd(
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<readonly EtcdAnswer[]> {
  return Promise.all(controlPlanes.map((machine) => answerOf(talosctl, machine)));
}

/**
 * Whether there is an etcd: true as soon as one control plane has it, false when every one has said that it has none.
 * @throws StepError naming those that have not said it within the time: not knowing is no reason to take it for a no
 */
export async function isThereEtcd(
  step: Step,
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
  { timeoutSeconds = 60, blankIsNone = true, why }: PresenceOptions,
): Promise<boolean> {
  // What has no etcd gets it only from another that has it, and that one says so. So an answer holds while others reboot.
  const without = new Set<string>();
  return step.waitFor(
    {
      what: "an answer from every control plane whether it has etcd",
      timeoutSeconds,
      todo: `${why}; switch those machines on or look at their screens, then run pulumi up again`,
    },
    async () => {
      const answers = await askEtcd(
        talosctl,
        controlPlanes.filter(({ name }) => !without.has(name)),
      );
      if (answers.some(({ says }) => says === "runs" || says === "stopped")) return done(true);
      for (const { machine, says } of answers)
        if (says === "none" || (says === "blank" && blankIsNone)) without.add(machine.name);
      const open = answers.filter(({ machine }) => !without.has(machine.name));
      return open.length === 0 ? done(false) : notYet(open.map(({ seen }) => seen).join("; "));
    },
  );
}

async function answerOf(talosctl: Talosctl, machine: Machine): Promise<EtcdAnswer> {
  const { name, address } = machine;
  const answer = (says: EtcdAnswer["says"], text: string): EtcdAnswer => ({
    machine,
    says,
    seen: `${name}: ${text}`,
  });
  const [service, data] = await Promise.all([
    talosctl.run(address, ["service", "etcd"]),
    talosctl.run(address, ["list", etcdData]),
  ]);
  const state = service.code === 0 ? /^STATE +(\S+)/m.exec(service.stdout)?.[1] : undefined;
  if (state === "Running") return answer("runs", "etcd runs");
  if (data.code === 0) return answer("stopped", `has etcd's data, its etcd is ${state ?? "not running"}`);
  // From here on its volumes are mounted. Source: siderolabs/talos pkg/system/service_runner.go, "Running pre state".
  if (state === "Preparing" && data.stderr.includes("no such file or directory"))
    return answer("none", "has no etcd");
  if (state !== undefined) return answer("unknown", `is booting, its etcd is ${state}`);
  return withoutService(talosctl, machine, service, answer);
}

/** A machine that knows no service etcd: not configured, not far enough, or silent. */
async function withoutService(
  talosctl: Talosctl,
  machine: Machine,
  service: RunResult,
  answer: (says: EtcdAnswer["says"], text: string) => EtcdAnswer,
): Promise<EtcdAnswer> {
  const [stage, insecure] = await Promise.all([
    stageOf(talosctl, machine),
    talosctl.runInsecure(machine.address, ["version"]),
  ]);
  if (stage === "installing") return answer("blank", "is being installed");
  if (stage !== undefined) return answer("unknown", `is ${stage}`);
  if (classify({ trusted: service, insecure }) === "maintenance")
    return answer("blank", "is in maintenance mode");
  return answer("unknown", silence(service));
}

/** A machine that reboots refuses, resets or swallows the connection, as it comes: one text for all of it. */
function silence(result: RunResult): string {
  if (result.code === 0) return "does not say what its etcd does";
  return /Unavailable|refused|deadline|did not answer|no route|timeout|reset by peer|EOF/i.test(result.stderr)
    ? "does not answer (being installed, rebooting, or off)"
    : reasonOf(result);
}
