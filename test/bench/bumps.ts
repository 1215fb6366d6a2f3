// npm run bench: what a bump costs on lab-ha beyond what the machines themselves need. A machine needs the time in which it
// is away: from the moment it stops running until it runs again and, of a control plane, its etcd and its API server serve.
// The goal is no more than ten seconds a machine on top of that.
import { setTimeout as delay } from "node:timers/promises";
import { ensureLabTools } from "../../tools/labToolbox.ts";
import { setFluxTag } from "../e2e/fluxTag.ts";
import { newest } from "../e2e/savedLab.ts";
import { TestLab } from "../e2e/testLab.ts";

const intervalMs = 100;

/** Adds up, for all machines, how long each is away. */
class Stopwatch {
  readonly #lab: TestLab;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #awayMs = 0;

  constructor(lab: TestLab) {
    this.#lab = lab;
    this.#running = this.#run();
  }

  /** @returns seconds, summed over the machines */
  async stop(): Promise<number> {
    this.#stop.abort();
    await this.#running;
    return this.#awayMs / 1000;
  }

  async #run(): Promise<void> {
    let last = Date.now();
    while (!this.#stop.signal.aborted) {
      const { machines } = await this.#lab.status();
      const away = machines.filter(
        ({ role, state, etcd, api }) =>
          role !== undefined && (state !== "running" || (role === "controlplane" && !(etcd && api))),
      );
      this.#awayMs += away.length * (Date.now() - last);
      last = Date.now();
      await delay(intervalMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }
}

async function measure(lab: TestLab, what: string, prepare: () => Promise<void> | void): Promise<void> {
  await prepare();
  const machines = (await lab.status()).machines.filter(({ role }) => role !== undefined).length;
  const watch = new Stopwatch(lab);
  const { seconds } = await lab.finish();
  const away = await watch.stop();
  const columns = [seconds, away, seconds - away, (seconds - away) / machines];
  console.log(`${what.padEnd(32)}${columns.map((value) => value.toFixed(1).padStart(12)).join("")}`);
}

await ensureLabTools({ bumps: true });
const lab = await TestLab.restored("ha");
try {
  const versions = (change: object) => (): void => {
    lab.changeConfig({ versions: (value) => ({ ...value, ...change }) });
  };
  console.log(
    `${"seconds".padEnd(32)}${["up", "machines", "on top", "a machine"].map((title) => title.padStart(12)).join("")}`,
  );
  await measure(lab, "nothing", () => undefined);
  await measure(lab, `Talos ${newest.talos}`, versions({ talos: newest.talos }));
  await measure(lab, `Kubernetes ${newest.kubernetes}`, versions({ kubernetes: newest.kubernetes }));
  await measure(lab, `Cilium ${newest.cilium}`, versions({ cilium: newest.cilium }));
  await measure(lab, `Flux ${newest.flux}`, () => setFluxTag(lab, newest.flux));
} finally {
  await lab.destroy();
}
