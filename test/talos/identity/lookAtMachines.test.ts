// Who is at an address, asked with a talosctl that says what a test says, at loopback addresses on which somebody listens.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../../../src/config/config.ts";
import { ask } from "../../../src/talos/identity/ask.ts";
import { lookAtMachines } from "../../../src/talos/identity/lookAtMachines.ts";
import { machinesToAsk } from "../../../src/talos/identity/judge.ts";
import { talosPort, whyUnreachable } from "../../../src/talos/identity/whyUnreachable.ts";
import { failure, fakeTalosctl, type Answer } from "../../fakes/clients.ts";
import { keepLog } from "../../fakes/pulumiLog.ts";

const [first, second, nobody] = ["127.10.207.11", "127.10.207.12", "127.10.207.13"] as const;
const version = "Client:\n\tTag: v1.13.0\nServer:\n\tTag:         v1.12.0\n";
const untrusted = failure("x509: certificate signed by unknown authority");

const servers: Server[] = [];
async function listen(...addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(talosPort, address, resolve);
    });
  }
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => void server.close(resolve))));
});

describe("who is at an address", () => {
  const at = (address: string, answer: Answer): ReturnType<typeof ask> =>
    ask(fakeTalosctl(answer), { name: "k8s-1", address }, 2_000);

  it("is nobody, which is known without a talosctl", async () => {
    const answer: Answer = () => assert.fail("talosctl was asked");
    expect(await at(nobody, answer)).toStrictEqual({ is: "unreachable", why: "refuses the connection" });
    expect(await whyUnreachable("host.invalid", 2_000)).toMatch(/host\.invalid/);
  });

  it.each<[string, Answer, object]>([
    ["a member", () => "spec:\n    hostname: k8s-1\n", { is: "member", name: "k8s-1" }],
    [
      "a member that does not say its name yet",
      (_address, command) => (command === "version" ? version : ""),
      { is: "member", name: undefined },
    ],
    [
      "a machine without a config",
      (_address, command) => (command.endsWith("--insecure") ? version : untrusted),
      { is: "maintenance" },
    ],
  ])("is %s", async (_what, answer, expected) => {
    await listen(first);
    expect(await at(first, answer)).toStrictEqual(expected);
  });

  it("is another cluster's machine, or one that does not answer in time", async () => {
    await listen(first);
    const other = await at(first, () => untrusted);
    assert.ok(other.is === "other");
    expect(other.error.message).toMatch(/belongs to another cluster/);
    const silent = await at(first, () => failure("rpc error: code = DeadlineExceeded desc = deadline"));
    assert.ok(silent.is === "unreachable");
    expect(silent.why).toMatch(/does not answer on port 50000: DeadlineExceeded: deadline/);
  });
});

const node = (name: string, address: string): object => ({
  name,
  address,
  role: "controlplane",
  generation: 1,
});
const known = (name: string, address: string): object => ({ name, address, isMember: true });

/** A cluster of two control planes as the last run has left it, with what is different. */
function config(change: { nodes?: readonly object[]; lastRun?: object } = {}): Config {
  const machines = [known("k8s-1", first), known("k8s-2", second)];
  return {
    nodes: change.nodes ?? [node("k8s-1", first), node("k8s-2", second)],
    gone: [],
    versions: {},
    lastRun: {
      talosconfig: "context: none",
      configured: machines,
      machines: [node("k8s-1", first), node("k8s-2", second)],
      versions: {},
      ...change.lastRun,
    },
  } as unknown as Config;
}

describe("the machines that are asked", () => {
  it("are those of the config, those that leave, and the old addresses of those that move", () => {
    const { nodes, gone, lastRun } = config({ nodes: [node("k8s-1", nobody), node("k8s-3", first)] });
    expect(machinesToAsk({ nodes, gone, lastRun }).map(({ address }) => address)).toStrictEqual([
      nobody,
      first,
      second,
    ]);
  });
});

describe("the look at the machines", () => {
  const { PATH } = process.env;
  let folder: string;
  const logged: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "home-ops-look-"));
    process.env["PATH"] = `${folder}${delimiter}${PATH ?? ""}`;
    keepLog(logged);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env["PATH"] = PATH;
    rmSync(folder, { recursive: true });
  });

  /** A talosctl for which these hosts say these names. */
  const names = (said: Readonly<Record<string, string>>): void => {
    const cases = Object.entries(said).map(
      ([address, name]) => `*"--nodes ${address} "*) echo " hostname: ${name}";;`,
    );
    writeFileSync(join(folder, "talosctl"), `#!/bin/sh\ncase "$*" in ${cases.join(" ")} *) exit 1;; esac\n`);
    chmodSync(join(folder, "talosctl"), 0o755);
  };
  const look = async (isPreview: boolean, of: Config): Promise<void> => {
    await pulumi.runtime.setMocks(
      { newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }), call: () => ({}) },
      "home-ops",
      "test",
      isPreview,
    );
    await lookAtMachines(of);
  };
  const swapped = { [first]: "k8s-2", [second]: "k8s-1" };

  it("is silent where every machine is the one that it is taken for", async () => {
    await listen(first, second);
    names({ [first]: "k8s-1", [second]: "k8s-2" });
    for (const isPreview of [true, false]) await look(isPreview, config());
    expect(logged).toStrictEqual([]);
  });

  it("stops an up at machines that are others, all at once, and lets a preview warn", async () => {
    await listen(first, second);
    names(swapped);
    await assert.rejects(look(false, config()), (error: Error) => {
      assert.ok(error instanceof pulumi.RunError);
      expect(error.message).toMatch(
        /k8s-1: the machine at 127\.10\.207\.11 says that it is k8s-2; .*\n {2}→ give/,
      );
      expect(error.message).toMatch(/k8s-2: the machine at 127\.10\.207\.12 says that it is k8s-1/);
      return true;
    });
    expect(logged).toStrictEqual([]);
    await look(true, config());
    expect(logged.length).toBe(2);
    for (const line of logged) expect(line).toMatch(/^warn: pulumi up will refuse this: k8s-\d: .* → /);
  });

  it("says which machine has only moved", async () => {
    await listen(first, second);
    names({ [first]: "k8s-1", [second]: "k8s-2" });
    const lastRun = { configured: [known("k8s-1", first), known("k8s-2", nobody)] };
    for (const isPreview of [true, false]) await look(isPreview, config({ lastRun }));
    const said = /^(warn|info): k8s-2 answers at 127\.10\.207\.12: it is moved from 127\.10\.207\.13/;
    expect(logged.map((line) => said.exec(line)?.[1])).toStrictEqual(["warn", "info"]);
  });

  it("waits in an up for a machine that may be rebooting, and says nothing of it in a preview", async () => {
    await listen(first);
    names({ [first]: "k8s-1", [second]: "k8s-2" });
    // Whether the machine at the new address is k8s-2 only the machine can say.
    const lastRun = { configured: [known("k8s-1", first), known("k8s-2", nobody)] };
    await look(true, config({ lastRun }));
    expect(logged).toStrictEqual([]);
    const looked = look(false, config({ lastRun }));
    while (logged.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(logged[0]).toMatch(/^info: k8s-2: nobody answers at its new address 127\.10\.207\.12/);
    await listen(second);
    await looked;
    expect(logged.at(-1)).toMatch(/^info: k8s-2 answers at 127\.10\.207\.12/);
  });

  it("needs talosctl in an up alone", async () => {
    await listen(first, second);
    process.env["PATH"] = folder;
    await look(true, config());
    await expect(look(false, config())).rejects.toThrow(/talosctl is not on PATH\n {2}→ install talosctl/);
  });

  it.each([{ configured: undefined }, { configured: [] }, { talosconfig: undefined }])(
    "asks nobody where there is no cluster (%#)",
    async (lastRun) => {
      names(swapped);
      await listen(first, second);
      await look(false, config({ lastRun }));
      expect(logged).toStrictEqual([]);
    },
  );
});
