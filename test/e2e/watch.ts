// What must hold while an `up` changes a cluster of three control planes, looked at all the time.
import { expect } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import type { LabStatus } from "../../lab/supervisor/status.ts";
import { Prober } from "./prober.ts";
import { assertNoChange, type CommandResult, type TestLab } from "./testLab.ts";

/** The longest time that the endpoint may not answer at a stretch. */
const longestSilenceMs = 5_000;
const intervalMs = 250;

/** Looks at a lab until it is stopped. */
export class Watch {
  readonly #lab: TestLab;
  readonly #prober: Prober;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #problems = new Set<string>();
  #absent: readonly string[] | undefined;
  #looks = 0;

  constructor(lab: TestLab) {
    this.#lab = lab;
    this.#prober = new Prober(lab);
    this.#running = this.#run();
  }

  /**
   * Fails when the endpoint was silent for more than five seconds, etcd had fewer than quorum healthy members, or more than
   * one control plane was away at a time.
   */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    const silence = await this.#prober.stop();
    if (silence >= longestSilenceMs) this.#problems.add(`the API was silent for ${String(silence)} ms`);
    expect(this.#looks).toBeGreaterThan(0);
    expect([...this.#problems]).toStrictEqual([]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const status = await this.#lab.status();
      // What was off before is not what this run takes away.
      this.#absent ??= status.machines.filter(({ state }) => state === "off").map(({ name }) => name);
      for (const problem of problemsOf(status, this.#absent)) this.#problems.add(problem);
      this.#looks += 1;
      await delay(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/**
 * What is wrong at one moment.
 * @param absent names of machines that do not count
 */
export function problemsOf(
  { machines, etcdMembers }: LabStatus,
  absent: readonly string[] = [],
): readonly string[] {
  const healthy = machines.filter(({ etcd }) => etcd).length;
  const quorum = Math.floor(etcdMembers / 2) + 1;
  const away = machines.filter(
    ({ name, role, state, etcd, api }) =>
      role === "controlplane" && !absent.includes(name) && (state !== "running" || !etcd || !api),
  );
  return [
    ...(healthy < quorum
      ? [`${String(healthy)} of ${String(etcdMembers)} members of etcd were healthy`]
      : []),
    ...(away.length > 1
      ? [
          `away at once: ${away
            .map(
              ({ name, state, etcd, api }) =>
                `${name} (${state}${etcd ? "" : ", no etcd"}${api ? "" : ", no API"})`,
            )
            .join(", ")}`,
        ]
      : []),
  ];
}

/** One `up` that must succeed, watched all the time, with nothing left to do for a preview afterwards. */
export async function finishWhileWatched(lab: TestLab): Promise<CommandResult> {
  const watch = new Watch(lab);
  let result: CommandResult;
  try {
    result = await lab.finish();
  } catch (error) {
    await watch.stop().catch((problem: unknown) => {
      console.log(problem);
    });
    throw error;
  }
  await watch.stop();
  assertNoChange(await lab.previewed());
  return result;
}
