// The lab's Talos machines, judged by the real talosctl. What a machine runs (etcd, Kubernetes) is played here, so that
// every way through install, upgrade and reset takes milliseconds.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import { TalosMachine } from "../../lab/talos/machine.ts";
import type { MachineState } from "../../lab/talos/options.ts";
import { MachineRegistry } from "../../lab/talos/registry.ts";
import { ensureLabTools } from "../../tools/labToolbox.ts";
import { freeNetwork } from "../lab/freeNetwork.ts";
import { FakeRuntime, type FakeEtcd } from "../lab/talos/fakeRuntime.ts";

jest.setTimeout(120_000);

const network = `127.10.${String((await freeNetwork()).slot)}`;
const image =
  "factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
// Short, but long enough for an answer to get out before the line is cut.
const shortDelays = { applyMs: 30, installMs: 5, bootMs: 5, criMs: 0, rebootMs: 30, pollMs: 5 };

/** talosctl looks again a second after the services stopped (lab/talos/options.ts). */
const asSlowAsReal = { rebootMs: 1_500 };

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("a Talos machine of the lab", () => {
  let talosctl: string;
  let folder: string;
  let registry: MachineRegistry;
  let etcd: FakeEtcd;
  let machines: TalosMachine[] = [];

  beforeAll(async () => {
    talosctl = (await ensureLabTools()).toolbox.talosctl ?? "talosctl";
    folder = mkdtempSync(join(tmpdir(), "machines-"));
    const { code, stderr } = await run(
      "gen",
      "config",
      "home",
      `https://${network}.10:6443`,
      "--output-dir",
      folder,
      "--install-image",
      `${image}:v1.12.0`,
      "--install-disk",
      "/dev/vda",
    );
    assert.equal(code, 0, stderr);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    registry = new MachineRegistry();
    etcd = { members: [] };
    machines = [];
  });
  afterEach(async () => {
    for (const machine of machines) await machine.stop();
  });

  async function run(...args: string[]): Promise<Answer> {
    const child = spawn(talosctl, args, {
      env: { HOME: folder, TALOSCONFIG: join(folder, "talosconfig"), TALOS_HOME: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const code = await new Promise<number>((resolve) => child.once("close", (exit) => resolve(exit ?? 1)));
    return { code, stdout, stderr };
  }

  /** talosctl to one machine, with the client certificate. */
  const ask = (machine: TalosMachine, ...args: string[]): Promise<Answer> =>
    run("-n", machine.address, "-e", machine.address, ...args);

  /** The same, which must succeed. */
  async function ok(machine: TalosMachine, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await ask(machine, ...args);
    assert.equal(code, 0, `talosctl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  async function becomes(machine: TalosMachine, state: MachineState): Promise<void> {
    const end = Date.now() + 10_000;
    while (machine.state !== state) {
      assert.ok(Date.now() < end, `${machine.name} is ${machine.state}, not ${state}`);
      await delay(2);
    }
  }

  async function bare(name: string, host: number, delays = {}): Promise<TalosMachine> {
    const address = `${network}.${String(host)}`;
    const dataDir = join(folder, `${name}-${String(Math.random()).slice(2)}`);
    mkdirSync(dataDir, { mode: 0o700 });
    const machine = new TalosMachine({
      name,
      address,
      port: 50000,
      dataDir,
      logFile: join(dataDir, "console.log"),
      talosVersion: "v1.12.0",
      delays: { ...shortDelays, ...delays },
      runtime: new FakeRuntime(address, etcd),
      peers: registry,
    });
    machines.push(machine);
    await machine.start();
    await becomes(machine, "maintenance");
    return machine;
  }

  /** What a caller without a certificate is told; the pipe may break before that is read, so it asks until it is. */
  async function refusal(machine: TalosMachine): Promise<string> {
    for (;;) {
      const { stderr } = await run("version", "--insecure", "-n", machine.address);
      if (!/broken pipe|connection reset by peer/.test(stderr)) return stderr;
    }
  }

  /** Sends a control plane's config to a machine in maintenance mode. */
  async function configure(machine: TalosMachine): Promise<Answer> {
    const file = join(folder, `${machine.name}.yaml`);
    const generated = readFileSync(join(folder, "controlplane.yaml"), "utf8");
    writeFileSync(
      file,
      generated.replace(
        /apiVersion: v1alpha1\nkind: HostnameConfig\n[^]*?(?=\n---|$)/,
        `apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: ${machine.name}\n`,
      ),
    );
    return run("apply-config", "--insecure", "-n", machine.address, "-f", file);
  }

  /** A machine with a config, whose control plane waits for etcd. */
  async function configured(name: string, host: number, delays = {}): Promise<TalosMachine> {
    const machine = await bare(name, host, delays);
    const { code, stderr } = await configure(machine);
    assert.equal(code, 0, stderr);
    await becomes(machine, "booting");
    await until(async () => (await ask(machine, "version")).code === 0);
    return machine;
  }

  /** A running control plane; the first one is bootstrapped. */
  async function member(name: string, host: number, delays = {}): Promise<TalosMachine> {
    const machine = await configured(name, host, delays);
    if (etcd.members.length === 0) await ok(machine, "bootstrap");
    await becomes(machine, "running");
    return machine;
  }

  const version = async (machine: TalosMachine): Promise<string | undefined> =>
    /Server:[^]*Tag:\s+(\S+)/.exec(await ok(machine, "version"))?.[1];

  it("serves nobody but the one who configures it, in maintenance mode", async () => {
    const machine = await bare("k8s-1", 11);
    expect((await run("get", "disks", "--insecure", "-n", machine.address)).stdout).toMatch(/vda/);
    // Talos 1.12 keeps its version to itself there.
    expect((await run("version", "--insecure", "-n", machine.address)).stderr).toMatch(
      /API is not implemented in maintenance mode/,
    );
    expect((await ask(machine, "version")).stderr).toMatch(/certificate signed by unknown authority/);
  });

  it("refuses a config that is none, and stays as it was", async () => {
    const machine = await bare("k8s-1", 11);
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, "machine: {type: controlplane, nope: 1}\n");
    const { code, stderr } = await run("apply-config", "--insecure", "-n", machine.address, "-f", file);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/unknown keys found during decoding/);
    expect(machine.state).toBe("maintenance");
  });

  it("becomes a member, whose etcd is bootstrapped once", async () => {
    const machine = await configured("k8s-1", 11);
    expect(await version(machine)).toBe("v1.12.0");
    expect(await refusal(machine)).toMatch(/certificate required/);
    expect(await ok(machine, "service", "etcd")).toMatch(/STATE\s+Preparing/);
    await ok(machine, "bootstrap");
    expect((await ask(machine, "bootstrap")).stderr).toMatch(
      /AlreadyExists.*etcd data directory is not empty/,
    );
    expect(await ok(machine, "etcd", "members")).toMatch(new RegExp(`k8s-1.*${network}\\.11:2380`));
  });

  it("lets further control planes join, and asks each through another", async () => {
    const first = await member("k8s-1", 11);
    const second = await member("k8s-2", 12);
    const { stdout } = await run("-n", `${first.address},${second.address}`, "-e", first.address, "version");
    expect([...stdout.matchAll(/NODE:\s+(\S+)/g)].map(([, node]) => node)).toStrictEqual([
      first.address,
      second.address,
    ]);
    expect(await ok(second, "etcd", "members")).toMatch(/k8s-1[^]*k8s-2/);
    expect(await ok(first, "get", "members")).toMatch(/k8s-1[^]*k8s-2/);
  });

  it("upgrades, and goes back", async () => {
    const machine = await member("k8s-1", 11, asSlowAsReal);
    const boot = machine.bootId;
    await ok(machine, "upgrade", "--image", `${image}:v1.12.1`, "--timeout", "20s");
    expect(await version(machine)).toBe("v1.12.1");
    expect(machine.bootId).not.toBe(boot);
    await ok(machine, "rollback");
    await becomes(machine, "running");
    expect(await version(machine)).toBe("v1.12.0");
  });

  it("says why when the installer fails, and reboots to what it ran before", async () => {
    const machine = await member("k8s-1", 11);
    await machine.fault("installerFails", true);
    const boot = machine.bootId;
    const { code, stderr } = await ask(machine, "upgrade", "--image", `${image}:v1.12.1`, "--timeout", "20s");
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/installer failed with exit code 1/);
    while (machine.bootId === boot) await delay(10);
    await becomes(machine, "running");
    expect(await version(machine)).toBe("v1.12.0");
  });

  it("boots the old image when the new one does not boot", async () => {
    const machine = await member("k8s-1", 11, asSlowAsReal);
    await machine.fault("oldImage", true);
    const boot = machine.bootId;
    await ask(machine, "upgrade", "--image", `${image}:v1.12.1`, "--timeout", "20s");
    await becomes(machine, "running");
    expect(machine.bootId).not.toBe(boot);
    expect(await version(machine)).toBe("v1.12.0");
  });

  it("does not come back when it is not to", async () => {
    const machine = await member("k8s-1", 11);
    await machine.fault("neverBack", true);
    await ask(machine, "reboot", "--wait=false");
    await becomes(machine, "off");
    expect((await ask(machine, "version")).stderr).toMatch(/connection refused/);
    await machine.fault("neverBack", false);
    await becomes(machine, "running");
  });

  it("loses what it was doing when its power is cut", async () => {
    const machine = await bare("k8s-1", 11, { installMs: 60_000 });
    expect((await configure(machine)).code).toBe(0);
    await becomes(machine, "installing");
    await machine.fault("off", true);
    expect(machine.state).toBe("off");
    await machine.fault("off", false);
    await becomes(machine, "installing");
  });

  it("is bare again after a reset; the last member of etcd only leaves by force", async () => {
    const machine = await member("k8s-1", 11);
    expect((await ask(machine, "reset", "--timeout", "10s")).stderr).toMatch(/failed to leave cluster/);
    await becomes(machine, "running");
    await ok(machine, "reset", "--graceful=false", "--reboot", "--wait=false");
    await becomes(machine, "maintenance");
    expect(etcd.members).toStrictEqual([]);
  });

  it("belongs to somebody else, or to another time, when it is to", async () => {
    const machine = await member("k8s-1", 11);
    for (const [fault, message] of [
      ["foreign", /unknown authority/],
      ["certificatesExpired", /certificate has expired or is not yet valid/],
    ] as const) {
      await machine.fault(fault, true);
      await until(async () => message.test((await ask(machine, "version")).stderr));
      await machine.fault(fault, false);
      await until(async () => (await ask(machine, "version")).code === 0);
    }
  });

  it("takes a config of `--mode=try` back", async () => {
    const machine = await member("k8s-1", 11);
    const patch = JSON.stringify({ machine: { nodeLabels: { tried: "yes" } } });
    await ok(machine, "patch", "machineconfig", "--mode=try", "--timeout=1s", "-p", patch);
    expect(machine.config?.raw.toString() ?? "").toMatch(/tried/);
    await until(() => Promise.resolve(!(machine.config?.raw.toString() ?? "").includes("tried")));
  });

  it("makes client certificates with the asked-for rights", async () => {
    const machine = await member("k8s-1", 11);
    const reader = join(folder, "reader");
    await ok(machine, "config", "new", reader, "--roles", "os:reader");
    const asReader = (...args: string[]): Promise<Answer> =>
      run("--talosconfig", reader, "-n", machine.address, "-e", machine.address, ...args);
    expect((await asReader("version")).code).toBe(0);
    expect((await asReader("reset", "--wait=false")).stderr).toMatch(/PermissionDenied/);
  });

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 10_000;
    while (!(await condition())) {
      expect(Date.now()).toBeLessThan(end);
      await delay(10);
    }
  }
});
