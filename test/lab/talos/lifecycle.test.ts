// The upgrade of Talos 1.13 in three calls, as a talosctl of that version makes them.
import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import type { TalosMachine } from "../../../lab/talos/machine.ts";
import { newAuthority } from "../../../lab/talos/pki.ts";
import type { KeyPair } from "../../../lab/talos/pki.ts";
import type { Message } from "../../../lab/talos/protos.ts";
import { MachineRegistry } from "../../../lab/talos/registry.ts";
import { freeNetwork } from "../freeNetwork.ts";
import { ApiClient } from "./apiClient.ts";
import type { ApiAnswer, ApiCall } from "./apiClient.ts";
import { becomes, installer, startConfigured } from "./configuredMachine.ts";
import type { ConfiguredMachine } from "./configuredMachine.ts";

jest.setTimeout(60_000);

const network = await freeNetwork();
const address = network.address(11);
const containerd = { driver: "CRI", namespace: "NS_SYSTEM" };
const next = installer("v1.13.1");

describe("the lifecycle API of a lab machine", () => {
  let authority: KeyPair;
  let folder: string;
  let client: ApiClient;
  let machines: TalosMachine[];

  beforeAll(async () => {
    authority = await newAuthority("talos");
    client = await ApiClient.open(address, authority);
  });
  afterAll(() => {
    client.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "machines-"));
    machines = [];
  });
  afterEach(async () => {
    for (const machine of machines) await machine.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(version: string, options: Partial<ConfiguredMachine> = {}): Promise<TalosMachine> {
    const machine = await startConfigured({ address, authority, folder, version, ...options });
    machines.push(machine);
    return machine;
  }

  const pull = (image: string, more: Partial<ApiCall> = {}): Promise<ApiAnswer> =>
    client.call({
      path: "/machine.ImageService/Pull",
      types: ["machine.ImageServicePullRequest", "machine.ImageServicePullResponse"],
      request: { containerd, image_ref: image },
      ...more,
    });

  const upgrade = (image: string, more: Partial<ApiCall> = {}, by = client): Promise<ApiAnswer> =>
    by.call({
      path: "/machine.LifecycleService/Upgrade",
      types: ["machine.LifecycleServiceUpgradeRequest", "machine.LifecycleServiceUpgradeResponse"],
      request: { containerd, source: { image_name: image } },
      ...more,
    });

  /** Calls one of the machine service's methods with one answer. */
  async function machineCall(name: string, request: Message = {}): Promise<Message> {
    const requestType = name === "Version" ? "google.protobuf.Empty" : `machine.${name}Request`;
    const { messages, error } = await client.call({
      path: `/machine.MachineService/${name}`,
      types: [requestType, `machine.${name}Response`],
      request,
    });
    expect(error).toBe(undefined);
    return (messages[0]?.["messages"] as Message[])[0] ?? {};
  }

  const version = async (): Promise<unknown> => ((await machineCall("Version"))["version"] as Message)["tag"];

  async function reboot(machine: TalosMachine): Promise<void> {
    const boot = machine.bootId;
    await machineCall("Reboot");
    await becomes(machine, "rebooting");
    await becomes(machine, "running");
    expect(machine.bootId).not.toBe(boot);
  }

  /** Text and exit code of an upgrade that went through as a call. */
  function output({ messages, error }: ApiAnswer): { text: string; code: unknown } {
    expect(error).toBe(undefined);
    const progress = messages.map((message) => message["progress"] as Message);
    const last = progress.pop();
    expect(last?.["response"]).toBe("exit_code");
    expect(progress.every(({ response }) => response === "message")).toBeTruthy();
    return { text: progress.map(({ message }) => String(message)).join(""), code: last?.["exit_code"] };
  }

  function refused({ messages, error }: ApiAnswer, code: status, details: RegExp): void {
    expect(messages).toStrictEqual([]);
    assert.equal(error?.code, code, error?.details);
    expect(error.details).toMatch(details);
  }

  it("installs what was pulled, and boots it with the next reboot", async () => {
    const machine = await start("v1.13.0");
    const boot = machine.bootId;
    const pulled = await pull(next);
    expect(pulled.error).toBe(undefined);
    expect(pulled.messages.slice(0, -1).every(({ response }) => response === "pull_progress")).toBeTruthy();
    expect(pulled.messages.length).toBeGreaterThan(1);
    expect({ ...pulled.messages.at(-1) }).toStrictEqual({ name: next, response: "name" });
    const { text, code } = output(await upgrade(next));
    expect(text).toBe("running Talos installer v1.13.1\ninstallation of v1.13.1 complete\n");
    expect(code).toBe(0);
    expect([await version(), machine.bootId, machine.state]).toStrictEqual(["v1.13.0", boot, "running"]);
    await reboot(machine);
    expect(await version()).toBe("v1.13.1");
  });

  it("says a failed installation by its exit code, and keeps what it had", async () => {
    const machine = await start("v1.13.0");
    await machine.fault("installerFails");
    await pull(next);
    expect(output(await upgrade(next)).code).toBe(1);
    await reboot(machine);
    expect(await version()).toBe("v1.13.0");
  });

  it("boots the old image when the new one does not boot", async () => {
    const machine = await start("v1.13.0");
    await machine.fault("oldImage");
    await pull(next);
    expect(output(await upgrade(next)).code).toBe(0);
    await reboot(machine);
    expect(await version()).toBe("v1.13.0");
  });

  it("has the new one on its disk when it does not come back from the reboot", async () => {
    const machine = await start("v1.13.0");
    await machine.fault("neverBack");
    await pull(next);
    await upgrade(next);
    await machineCall("Reboot");
    await becomes(machine, "off");
    await machine.fault("neverBack", false);
    await becomes(machine, "running");
    expect(await version()).toBe("v1.13.1");
  });

  it("stays with the running one when it is told to go back before the reboot", async () => {
    const machine = await start("v1.13.0");
    await pull(next);
    await upgrade(next);
    await machineCall("Rollback");
    await becomes(machine, "rebooting");
    await becomes(machine, "running");
    expect(await version()).toBe("v1.13.0");
  });

  it("pulls nothing that its registry does not have, and installs nothing that was not pulled", async () => {
    const checkImage = (image: string): Promise<void> =>
      image === next ? Promise.resolve() : Promise.reject(new Error(`${image}: not found`));
    await start("v1.13.0", { checkImage });
    const missing = installer("v1.13.2");
    refused(
      await pull(missing),
      status.NOT_FOUND,
      /^error pulling image: [^]*failed to pull image.*not found$/,
    );
    refused(await upgrade(missing), status.INTERNAL, /^upgrade failed: .*not found in containerd store/);
    refused(await upgrade(next), status.INTERNAL, /not found in containerd store/);
    expect((await pull(next)).error).toBe(undefined);
    const inMemory = { containerd: { driver: "CONTAINERD", namespace: "NS_SYSTEM" } };
    const request = { ...inMemory, source: { image_name: next } };
    refused(await upgrade(next, { request }), status.INTERNAL, /not found in containerd store/);
  });

  it("keeps an image with tag and digest by its digest only, where an upgrade does not find it", async () => {
    await start("v1.13.0");
    const digest = `@sha256:${"0".repeat(64)}`;
    expect((await pull(next + digest)).messages.at(-1)?.["name"]).toBe(next.replace(/:[^:]*$/, digest));
    refused(await upgrade(next + digest), status.INTERNAL, /not found in containerd store/);
  });

  it("refuses what it cannot do", async () => {
    const machine = await start("v1.13.0");
    await pull(next);
    refused(await upgrade(""), status.INVALID_ARGUMENT, /^installer image name is required$/);
    refused(
      await pull(next, { request: { image_ref: next } }),
      status.INVALID_ARGUMENT,
      /^invalid containerd namespace NS_UNKNOWN$/,
    );
    const many = { metadata: { nodes: address } };
    refused(await upgrade(next, many), status.INVALID_ARGUMENT, /^one-2-many proxying is not supported/);
    const reader = await ApiClient.open(address, authority, "os:reader");
    refused(await upgrade(next, {}, reader), status.PERMISSION_DENIED, /^not authorized$/);
    reader.close();
    await machine.fault("diskMissing");
    refused(await upgrade(next), status.INTERNAL, /^upgrade failed: failed to find the install disk/);
  });

  it("runs one installer at a time, to its end also when the client is gone", async () => {
    const machine = await start("v1.13.0", { delays: { installMs: 200 } });
    await pull(next);
    const gone = new AbortController();
    const begun = Promise.withResolvers<undefined>();
    const first = upgrade(next, {
      signal: gone.signal,
      seen: () => {
        begun.resolve(undefined);
      },
    });
    await begun.promise;
    refused(
      await upgrade(next),
      status.FAILED_PRECONDITION,
      /^another installation\/upgrade is already in progress$/,
    );
    gone.abort();
    expect((await first).error?.code).toBe(status.CANCELLED);
    while (machine.installerRuns) await delay(5);
    await reboot(machine);
    expect(await version()).toBe("v1.13.1");
  });

  it("is not there before 1.13, for nobody, and there from then on", async () => {
    const machine = await start("v1.12.0");
    const reader = await ApiClient.open(address, authority, "os:reader");
    for (const by of [client, reader])
      refused(
        await upgrade(next, {}, by),
        status.UNIMPLEMENTED,
        /^unknown service machine\.LifecycleService$/,
      );
    reader.close();
    refused(await pull(next), status.UNIMPLEMENTED, /^unknown service machine\.ImageService$/);
    await machineCall("Upgrade", { image: installer("v1.13.0") });
    await becomes(machine, "upgrading");
    await becomes(machine, "running");
    expect(await version()).toBe("v1.13.0");
    expect((await pull(next)).error).toBe(undefined);
    expect(output(await upgrade(next)).code).toBe(0);
  });

  it("is asked of the machine that a call names, whatever the one in between runs", async () => {
    const peers = new MachineRegistry();
    await start("v1.13.0", { peers });
    const other = await start("v1.12.0", { peers, address: network.address(12) });
    const metadata = { node: other.address };
    refused(await upgrade(next, { metadata }), status.UNIMPLEMENTED, /^unknown service/);
  });
});
