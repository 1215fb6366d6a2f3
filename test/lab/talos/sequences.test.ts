// What the legacy calls of a machine do when something goes wrong, and what its files tell.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { TalosMachine } from "../../../lab/talos/machine.ts";
import { newAuthority } from "../../../lab/talos/pki.ts";
import type { KeyPair } from "../../../lab/talos/pki.ts";
import type { Message } from "../../../lab/talos/protos.ts";
import { freeNetwork } from "../freeNetwork.ts";
import { ApiClient } from "./apiClient.ts";
import type { ApiAnswer } from "./apiClient.ts";
import { becomes, installer, startConfigured } from "./configuredMachine.ts";
import type { ConfiguredMachine } from "./configuredMachine.ts";

const address = (await freeNetwork()).address(21);

describe("a lab machine's sequences", { timeout: 60_000 }, () => {
  let authority: KeyPair;
  let folder: string;
  let client: ApiClient;
  let machine: TalosMachine;

  before(async () => {
    authority = await newAuthority("talos");
    client = await ApiClient.open(address, authority);
  });
  after(() => {
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
    assert.equal(error, undefined);
    await becomes(machine, "upgrading");
    await becomes(machine, "rebooting");
    assert.equal(machine.bootId, boot, "it says why before it goes down");
    const failure = machine.events
      .past(-1)
      .map(({ payload }) => payload["error"] as Message | null | undefined)
      .find((found) => found !== null && found !== undefined);
    assert.match(String(failure?.["message"]), /sequence failed: .*installer failed with exit code 1/);
    await becomes(machine, "running");
    assert.notEqual(machine.bootId, boot);
    assert.equal(machine.talosVersion, "v1.12.0");
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
    assert.deepEqual(
      messages.map(({ relative_name }) => relative_name as unknown),
      [".", "member"],
    );
    await machine.options.runtime.wipe();
    assert.match((await list("/var/lib/etcd/member")).error?.message ?? "", /no such file or directory/);
  });
});
