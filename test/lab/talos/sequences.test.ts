// What the legacy calls of a machine do when something goes wrong, and what its files tell.
import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { connect as tlsConnect } from "node:tls";
import type { TalosMachine } from "../../../lab/talos/machine.ts";
import { newAuthority } from "../../../lab/talos/pki.ts";
import type { KeyPair } from "../../../lab/talos/pki.ts";
import type { Message } from "../../../lab/talos/protos.ts";
import { freeNetwork, type TestNetwork } from "../freeNetwork.ts";
import { ApiClient } from "./apiClient.ts";
import type { ApiAnswer, ApiCall } from "./apiClient.ts";
import { becomes, installer, startConfigured } from "./configuredMachine.ts";
import type { ConfiguredMachine } from "./configuredMachine.ts";
import type { FakeRuntime } from "./fakeRuntime.ts";

jest.setTimeout(60_000);

const address = (await freeNetwork()).address(21);

describe("a lab machine's sequences", () => {
  let authority: KeyPair;
  let folder: string;
  let client: ApiClient;
  let machine: TalosMachine;

  beforeAll(async () => {
    authority = await newAuthority("talos");
    client = await ApiClient.open(address, authority);
  });
  afterAll(() => {
    client.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "machines-"));
  });
  afterEach(async () => {
    await machine.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(options: Partial<ConfiguredMachine> = {}): Promise<void> {
    machine = await startConfigured({ address, authority, folder, version: "v1.12.0", ...options });
  }

  const upgrade = (): Promise<ApiAnswer> =>
    client.call({
      path: "/machine.MachineService/Upgrade",
      types: ["machine.UpgradeRequest", "machine.UpgradeResponse"],
      request: { image: installer("v1.13.9") },
    });

  it("that fail end in a reboot to what ran before", async () => {
    await start({ delays: { rebootMs: 200 } });
    const boot = machine.bootId;
    await machine.fault("installerFails");
    const { error } = await upgrade();
    expect(error).toBe(undefined);
    await becomes(machine, "upgrading");
    await becomes(machine, "rebooting");
    assert.equal(machine.bootId, boot, "it says why before it goes down");
    const failure = machine.events
      .past(-1)
      .map(({ payload }) => payload["error"] as Message | null | undefined)
      .find((found) => found !== null && found !== undefined);
    expect(String(failure?.["message"])).toMatch(/sequence failed: .*installer failed with exit code 1/);
    await becomes(machine, "running");
    expect(machine.bootId).not.toBe(boot);
    expect(machine.talosVersion).toBe("v1.12.0");
  });

  const list = (root: string): Promise<ApiAnswer> =>
    client.call({
      path: "/machine.MachineService/List",
      types: ["machine.ListRequest", "machine.FileInfo"],
      request: { root },
    });

  it("tell by etcd's folder whether it has ever begun", async () => {
    await start();
    const { messages } = await list("/var/lib/etcd");
    expect(messages.map(({ relative_name }) => relative_name as unknown)).toStrictEqual([".", "member"]);
    await machine.options.runtime.wipe();
    expect((await list("/var/lib/etcd/member")).error?.message ?? "").toMatch(/no such file or directory/);
  });
});

describe("a lab machine that something happens to", () => {
  let authority: KeyPair;
  let folder: string;
  let net: TestNetwork;
  let machines: TalosMachine[];
  const clients: ApiClient[] = [];

  beforeAll(async () => {
    authority = await newAuthority("talos");
    net = await freeNetwork();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "machines-"));
    machines = [];
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const machine of machines) await machine.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(options: Partial<ConfiguredMachine> = {}): Promise<TalosMachine> {
    const machine = await startConfigured({
      address: net.address(11),
      otherAddress: net.address(254),
      authority,
      folder,
      version: "v1.12.0",
      ...options,
    });
    machines.push(machine);
    return machine;
  }

  /** Calls a method of the machine service with one answer. */
  async function call(
    at: string,
    name: string,
    request: Message = {},
    more: Partial<ApiCall> = {},
  ): Promise<ApiAnswer> {
    const client = await ApiClient.open(at, authority);
    clients.push(client);
    const noRequest = ["Version", "ServiceList", "EtcdStatus"].includes(name);
    return client.call({
      path: `/machine.MachineService/${name}`,
      types: [noRequest ? "google.protobuf.Empty" : `machine.${name}Request`, `machine.${name}Response`],
      request,
      ...more,
    });
  }

  const code = ({ error }: ApiAnswer): status | "ok" => error?.code ?? "ok";

  it("leaves questions about an etcd that does not run without an answer, and answers those beside it", async () => {
    const machine = await start();
    await machine.options.runtime.wipe();
    const patience = new AbortController();
    let answered = 0;
    const questions = ["EtcdMemberList", "EtcdStatus", "EtcdLeaveCluster"].map(async (name) => {
      const answer = await call(machine.address, name, {}, { signal: patience.signal });
      answered += 1;
      return answer;
    });
    const { messages } = await call(machine.address, "ServiceList");
    const { services } = (messages[0]?.["messages"] as Message[])[0] as { services: Message[] };
    expect(services.find(({ id }) => id === "etcd")?.["state"]).toBe("Preparing");
    expect(answered).toBe(0);
    // Nobody but the one who asked ends it.
    patience.abort();
    for (const answer of await Promise.all(questions)) expect(code(answer)).toBe(status.CANCELLED);
  });

  it("answers a question about etcd once etcd runs", async () => {
    const machine = await start();
    await machine.options.runtime.wipe();
    const question = call(machine.address, "EtcdMemberList");
    await machine.options.runtime.bootstrapEtcd();
    expect(code(await question)).toBe("ok");
  });

  it("moves: the same machine at another address, and back", async () => {
    const machine = await start();
    const [home, other] = [net.address(11), net.address(254)];
    const { nodeId } = machine.record;
    const boot = machine.bootId;
    await machine.fault("moved");
    await becomes(machine, "rebooting");
    await becomes(machine, "running");
    expect(machine.address).toBe(other);
    expect(code(await call(other, "Version"))).toBe("ok");
    expect(code(await call(home, "Version"))).toBe(status.UNAVAILABLE);
    expect(machine.record.nodeId).toBe(nodeId);
    expect(machine.bootId).not.toBe(boot);
    await machine.fault("moved", false);
    await becomes(machine, "rebooting");
    await becomes(machine, "running");
    expect(code(await call(home, "Version"))).toBe("ok");
  });

  it("does not move without another address", async () => {
    const machine = await startConfigured({
      address: net.address(12),
      authority,
      folder,
      version: "v1.12.0",
    });
    machines.push(machine);
    await expect(machine.fault("moved")).rejects.toThrow(/there is no other address for k8s-12/);
  });

  it("loses its power between leaving etcd and a reset, and comes back with its disk", async () => {
    const machine = await start();
    const member = { id: "1", hostname: "other", peerUrls: [], clientUrls: [], isLearner: false };
    (machine.options.runtime as FakeRuntime).etcd.members.push(member);
    await machine.fault("offAfterLeaving");
    expect(code(await call(machine.address, "EtcdLeaveCluster"))).toBe("ok");
    await becomes(machine, "off");
    expect(machine.disk.loadConfig()).not.toBe(undefined);
    await machine.fault("offAfterLeaving", false);
    await becomes(machine, "running");
  });

  it("loses its power at a reset, with its disk as it was", async () => {
    const machine = await start();
    await machine.fault("offAtReset");
    expect(code(await call(machine.address, "Reset", { reboot: true }))).toBe("ok");
    await becomes(machine, "off");
    expect(machine.disk.loadConfig()).not.toBe(undefined);
    await machine.fault("offAtReset", false);
    await becomes(machine, "running");
  });

  it("refuses a reset, or takes it and does nothing, as in container mode", async () => {
    const machine = await start();
    await machine.fault("resetRefused");
    const { error } = await call(machine.address, "Reset", { reboot: true });
    expect(error?.details ?? "").toMatch(/volume "STATE" is not located/);
    await machine.fault("resetRefused", false);
    await machine.fault("resetHangs");
    expect(code(await call(machine.address, "Reset", { reboot: true }))).toBe("ok");
    expect(code(await call(machine.address, "Version"))).toBe("ok");
    expect(machine.state).toBe("running");
  });

  it("answers the one who brought it another certificate, and shows it to those who come after", async () => {
    const machine = await start();
    const client = await ApiClient.open(machine.address, authority);
    clients.push(client);
    const shown = async (): Promise<string> => {
      const socket = tlsConnect({ host: machine.address, port: 50000, rejectUnauthorized: false });
      await once(socket, "secureConnect");
      const { subjectaltname = "" } = socket.getPeerCertificate();
      socket.destroy();
      return subjectaltname;
    };
    const apply = (name: string): Promise<ApiAnswer> =>
      client.call({
        path: "/machine.MachineService/ApplyConfiguration",
        types: ["machine.ApplyConfigurationRequest", "machine.ApplyConfigurationResponse"],
        request: {
          data: Buffer.from(
            String(machine.config?.raw).replace(/- talos\.test.*/, `- talos.test\n    - ${name}`),
          ),
          mode: "NO_REBOOT",
        },
      });
    expect(code(await apply("one.example"))).toBe("ok");
    expect(machine.config?.certSANs.includes("one.example")).toBe(true);
    // A connection that is just being made may find the port between two listeners.
    const end = Date.now() + 5_000;
    while (code(await call(machine.address, "Version")) !== "ok") expect(Date.now()).toBeLessThan(end);
    expect(await shown()).toMatch(/one\.example/);
  });

  it("says of an address on its network that nobody has it, and of a name that nobody knows it", async () => {
    const machine = await start();
    const ask = (node: string): Promise<ApiAnswer> =>
      call(machine.address, "Version", {}, { metadata: { node } });
    expect((await ask(net.address(99))).error?.details ?? "").toMatch(/connect: no route to host/);
    expect((await ask("10.1.2.3")).error?.details ?? "").toMatch(/i\/o timeout/);
    expect((await ask("nobody")).error?.details ?? "").toMatch(/^dns: A record lookup error: lookup nobody/);
    const many = await call(
      machine.address,
      "Version",
      {},
      { metadata: { nodes: `${machine.address},a:50000` } },
    );
    expect(code(many)).toBe(status.INTERNAL);
    expect(many.error?.details ?? "").toMatch(/invalid target "a:50000"/);
  });
});
