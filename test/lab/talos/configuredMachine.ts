// Control planes that got their config and their Talos before the test began: they boot right into it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { TalosMachine } from "../../../lab/talos/machine.ts";
import { installationOf, MachineDisk } from "../../../lab/talos/machineRecord.ts";
import type { MachineOptions, MachineState } from "../../../lab/talos/options.ts";
import type { KeyPair } from "../../../lab/talos/pki.ts";
import { MachineRegistry } from "../../../lab/talos/registry.ts";
import { apiName } from "./apiClient.ts";
import { FakeRuntime } from "./fakeRuntime.ts";

const schematic = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
const disk = "/dev/vda";
const patienceMs = 10_000;
// Short, but long enough for an answer to get out before the line is cut.
const shortDelays = { applyMs: 30, installMs: 5, bootMs: 5, criMs: 0, rebootMs: 30, pollMs: 5 };

/** The installer image of a version. */
export const installer = (version: string): string =>
  `factory.talos.dev/metal-installer/${schematic}:${version}`;

/** What is particular about a machine. */
export interface ConfiguredMachine extends Partial<MachineOptions> {
  readonly address: string;
  /** Authority of the Talos API. */
  readonly authority: KeyPair;
  /** A folder of the test's. */
  readonly folder: string;
  /** Installed Talos, e.g. `v1.13.0`. */
  readonly version: string;
}

/** Starts a machine, and waits until it runs with an etcd of its own. */
export async function startConfigured(options: ConfiguredMachine): Promise<TalosMachine> {
  const { address, authority, folder, version } = options;
  const name = `k8s-${address.split(".").at(-1) ?? ""}`;
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { mode: 0o700 });
  const place = new MachineDisk(dataDir);
  place.save({ ...place.load(), installed: installationOf(installer(version), disk) });
  place.saveConfig(Buffer.from(configOf(name, authority)));
  const runtime = new FakeRuntime(address, { members: [] });
  const machine = new TalosMachine({
    name,
    port: 50000,
    dataDir,
    logFile: join(dataDir, "console.log"),
    talosVersion: version,
    runtime,
    peers: new MachineRegistry(),
    ...options,
    delays: { ...shortDelays, ...options.delays },
  });
  await machine.start();
  while (!runtime.running) await delay(2);
  await runtime.bootstrapEtcd();
  await becomes(machine, "running");
  return machine;
}

/** Waits until a machine is in a state. @throws Error when that takes too long */
export async function becomes(machine: TalosMachine, state: MachineState): Promise<void> {
  const end = Date.now() + patienceMs;
  while (machine.state !== state) {
    if (Date.now() > end) throw new Error(`${machine.name} is ${machine.state}, not ${state}`);
    await delay(2);
  }
}

function configOf(hostname: string, authority: KeyPair): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return stringify({
    version: "v1alpha1",
    machine: {
      type: "controlplane",
      token: "abcdef.0123456789abcdef",
      ca: { crt: base64(authority.cert), key: base64(authority.key) },
      install: { disk, image: installer("v1.12.0") },
      network: { hostname },
      certSANs: [apiName],
    },
    cluster: { id: "home", controlPlane: { endpoint: "https://127.10.205.10:6443" } },
  });
}
