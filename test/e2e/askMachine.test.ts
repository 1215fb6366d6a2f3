// Who a machine says it is, asked with the real talosctl.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { TalosMachine } from "../../lab/talos/machine.ts";
import { MachineRegistry } from "../../lab/talos/registry.ts";
import { Talosctl } from "../../src/steps/talosctl.ts";
import { ask, type Answer } from "../../src/talos/identity/ask.ts";
import { configuredGeneration } from "../../src/talos/membership/generation.ts";
import { ensureLabTools } from "../../tools/labToolbox.ts";
import { parse, stringify } from "yaml";
import { FakeRuntime, type FakeEtcd } from "../lab/talos/fakeRuntime.ts";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateFolder } from "../../src/steps/privateFolder.ts";

jest.setTimeout(120_000);

const network = "127.10.205";
const image =
  "factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v1.12.0";
const delays = { applyMs: 30, installMs: 5, bootMs: 5, criMs: 0, rebootMs: 30, pollMs: 5 };

describe("a machine that is asked who it is", () => {
  const path = process.env["PATH"];
  const etcd: FakeEtcd = { members: [] };
  const machines: TalosMachine[] = [];
  let folder: string;
  let program: string;
  let talosctl: Talosctl;
  beforeAll(async () => {
    program = (await ensureLabTools()).toolbox.talosctl ?? "talosctl";
    process.env["PATH"] = `${dirname(program)}:${String(path)}`;
    folder = mkdtempSync(join(tmpdir(), "ask-"));
    generate(folder);
    const owner = new PrivateFolder();
    talosctl = new Talosctl(
      {
        signal: new AbortController().signal,
        secretFile: (name, text) => owner.write(name, text),
      },
      readFileSync(join(folder, "talosconfig"), "utf8"),
    );
  });
  afterAll(async () => {
    process.env["PATH"] = path;
    for (const machine of machines) await machine.stop();
    rmSync(folder, { recursive: true });
  });

  async function becomes(machine: TalosMachine, ...states: readonly string[]): Promise<void> {
    const end = Date.now() + 20_000;
    while (!states.includes(machine.state)) {
      assert.ok(Date.now() < end, `${machine.name} is ${machine.state}, not ${states.join(" or ")}`);
      await delay(2);
    }
  }

  function generate(to: string): void {
    const words = ["gen", "config", "home", `https://${network}.10:6443`, "--output-dir", to];
    words.push("--install-image", image);
    const made = spawnSync(program, [...words, "--install-disk", "/dev/vda"], { encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
  }

  async function bare(host: number): Promise<TalosMachine> {
    const address = `${network}.${String(host)}`;
    const dataDir = join(folder, String(host));
    mkdirSync(dataDir, { mode: 0o700 });
    const machine = new TalosMachine({
      name: `hardware-${String(host)}`,
      address,
      port: 50000,
      dataDir,
      logFile: join(dataDir, "console.log"),
      talosVersion: "v1.12.0",
      delays,
      runtime: new FakeRuntime(address, etcd),
      peers: new MachineRegistry(),
    });
    machines.push(machine);
    await machine.start();
    await becomes(machine, "maintenance");
    return machine;
  }
  /** Sends a control plane its config with this host name, made of the cluster of the talosconfig or of another one. */
  async function configure(machine: TalosMachine, hostname: string, generated = folder): Promise<void> {
    const config = readFileSync(join(generated, "controlplane.yaml"), "utf8")
      .replace(
        /apiVersion: v1alpha1\nkind: HostnameConfig\n[^]*?(?=\n---|$)/,
        `apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: ${hostname}\n`,
      )
      .replace("\nmachine:\n", '\nmachine:\n    nodeAnnotations:\n        home-ops.dev/generation: "3"\n');
    await send(machine, hostname, config);
  }

  async function send(machine: TalosMachine, hostname: string, config: string): Promise<void> {
    const file = join(folder, `${hostname}.yaml`);
    writeFileSync(file, config);
    const sent = await talosctl.runInsecure(machine.address, ["apply-config", "-f", file]);
    assert.equal(sent.code, 0, sent.stderr);
    await becomes(machine, "booting", "running");
  }

  const asked = async (address: string): Promise<Answer> => {
    // It opens its port again after a reboot.
    const end = Date.now() + 20_000;
    for (;;) {
      const answer = await ask(talosctl, { name: "k8s-2", address }, 2_000);
      if (answer.is !== "unreachable") return answer;
      assert.ok(Date.now() < end, answer.why);
    }
  };

  it("waits for a config", async () => {
    const { address } = await bare(21);
    expect(await asked(address)).toStrictEqual({ is: "maintenance" });
  });

  it("is a member with a name, wherever it is, and shows its generation", async () => {
    const machine = await bare(22);
    await configure(machine, "k8s-3");
    expect(await asked(machine.address)).toStrictEqual({ is: "member", name: "k8s-3" });
    expect(await configuredGeneration(talosctl, { name: "k8s-3", address: machine.address })).toBe(3);
  });

  it("shows its generation in a config as the provider makes it for Talos 1.11: one document, no comments", async () => {
    const machine = await bare(24);
    const [main = ""] = readFileSync(join(folder, "controlplane.yaml"), "utf8").split(/^---$/m);
    const { machine: settings, ...config } = parse(main) as { machine: object };
    const nodeAnnotations = { "home-ops.dev/generation": "2" };
    const named = { ...settings, nodeAnnotations, network: { hostname: "k8s-4" } };
    await send(machine, "k8s-4", stringify({ ...config, machine: named }));
    expect(await asked(machine.address)).toStrictEqual({ is: "member", name: "k8s-4" });
    expect(await configuredGeneration(talosctl, { name: "k8s-4", address: machine.address })).toBe(2);
  });

  it("is of another cluster", async () => {
    const other = join(folder, "other");
    generate(other);
    const machine = await bare(23);
    await configure(machine, "k8s-2", other);
    const answer = await asked(machine.address);
    expect(answer.is).toBe("other");
    expect(answer.is === "other" ? answer.error.message : "").toMatch(/k8s-2: .* belongs to another cluster/);
  });

  it("is nobody", async () => {
    const answer = await ask(talosctl, { name: "k8s-2", address: `${network}.29` }, 2_000);
    expect(answer).toStrictEqual({ is: "unreachable", why: "refuses the connection" });
  });
});
