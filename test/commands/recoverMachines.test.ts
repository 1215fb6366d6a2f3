// Machines that nobody can wipe any more: a pulumi that gives and takes a state, a talosctl that meets maintenance mode.
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { describeUnwiped } from "../../commands/explain.ts";
import { forgetGone, forgetWiped, talosconfigOf } from "../../commands/recover/machines.ts";
import type { StackState } from "../../commands/pulumi/state.ts";
import { withoutResources } from "../../commands/recover/stateEdit.ts";

const urn = (name: string): string => `urn:pulumi:home::home-ops::home-ops:talos:Machines$x::talos-${name}`;
const config = (name: string, node: string) => ({
  urn: urn(`${name}-config`),
  type: "talos:machine/configurationApply:ConfigurationApply",
  outputs: { node },
});
const step = (name: string, of: readonly string[] = []) => ({
  urn: urn(name),
  type: "command:local:Command",
  dependencies: of.map(urn),
  propertyDependencies: { environment: of.map(urn), create: null },
});

const off = "127.9.9.1";
const on = "127.9.9.2";

/** k8s-1 is a member, k8s-2 has left and is off, k8s-3 has left and answers; a step waits for all of them. */
const state: StackState = {
  version: 3,
  deployment: {
    resources: [
      config("k8s-1", on),
      step("k8s-1-member", ["k8s-1-config"]),
      config("k8s-2", off),
      config("k8s-3", on),
      step("etcd", ["k8s-1-config", "k8s-2-config", "k8s-3-config"]),
    ],
  },
};

describe("a state without some of its resources", () => {
  it("does not mention them any more, and is the same otherwise", () => {
    const { deployment, version } = withoutResources(state, [urn("k8s-2-config"), urn("k8s-3-config")]);
    expect(version).toBe(3);
    expect(deployment.resources).toStrictEqual([
      config("k8s-1", on),
      step("k8s-1-member", ["k8s-1-config"]),
      step("etcd", ["k8s-1-config"]),
    ]);
  });

  it("keeps the link to what a resource goes with, unless that goes", () => {
    const linked = { ...step("x"), deletedWith: urn("secrets") };
    const of: StackState = { version: 3, deployment: { resources: [linked] } };
    expect(withoutResources(of, [urn("y")]).deployment.resources).toStrictEqual([linked]);
    expect(withoutResources(of, [urn("secrets")]).deployment.resources).toStrictEqual([step("x")]);
  });
});

describe("machines that cannot be wiped", () => {
  let folder: string;
  let machine: Server;
  const path = process.env["PATH"];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "recover-"));
    writeFileSync(join(folder, "state.json"), JSON.stringify(state));
    script(
      "pulumi",
      `case "$*" in *import*) cat > ${folder}/written.json;; *) cat ${folder}/state.json;; esac`,
    );
    // What a machine in maintenance mode answers to somebody without a certificate.
    script("talosctl", 'printf "Client:\\n\\tTag: v1.12.0\\nServer:\\n\\tTag: v1.12.0\\n"');
    process.env["PATH"] = `${folder}:${String(path)}`;
    machine = createServer((socket) => socket.destroy()).listen(50_000, on);
    await once(machine, "listening");
  });
  afterEach(async () => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
    machine.close();
    await once(machine, "close");
  });

  function script(name: string, text: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  const written = (): readonly string[] | undefined => {
    const file = join(folder, "written.json");
    if (!existsSync(file)) return undefined;
    const { deployment } = JSON.parse(readFileSync(file, "utf8")) as StackState;
    return (deployment.resources ?? []).map((found) => found.urn.split("::talos-")[1] ?? "");
  };

  it("are forgotten when they have left and are in maintenance mode", async () => {
    expect(await forgetWiped("home", state, "up")).toStrictEqual([
      `k8s-3 (${on}) is in maintenance mode, so there is nothing to wipe: the state has forgotten it`,
    ]);
    expect(written()).toStrictEqual(["k8s-1-config", "k8s-1-member", "k8s-2-config", "etcd"]);
  });

  it("are all forgotten in maintenance mode on the way to a destroy", async () => {
    expect((await forgetWiped("home", state, "destroy")).length).toBe(2);
    expect(written()).toStrictEqual(["k8s-2-config", "etcd"]);
  });

  it("leave the state alone when there are none", async () => {
    script("talosctl", "echo 'remote error: tls: certificate required' >&2; exit 1");
    expect(await forgetWiped("home", state, "destroy")).toStrictEqual([]);
    expect(written()).toBe(undefined);
  });

  it("are forgotten by name when they are dead", async () => {
    expect(await forgetGone("home", "k8s-2")).toBe(
      `the state has forgotten k8s-2 (${off}): nothing is sent to it any more`,
    );
    expect(written()).toStrictEqual(["k8s-1-config", "k8s-1-member", "k8s-3-config", "etcd"]);
  });

  it("are not forgotten by name when they are members, or not there", async () => {
    await expect(forgetGone("home", "k8s-1")).rejects.toMatchObject({
      message: expect.stringMatching(/k8s-1 is a machine of the cluster/),
      todo: expect.stringMatching(/^set gone: true/),
    });
    await expect(forgetGone("home", "k8s-9")).rejects.toThrow(
      /has no machine k8s-9 \(it has k8s-1, k8s-2, k8s-3\)/,
    );
    await expect(forgetGone("home", "")).rejects.toThrow(/has no machine/);
    expect(written()).toBe(undefined);
  });

  it("are not forgotten by name when they answer as themselves", async () => {
    const client = { caCertificate: "Y2E=", clientCertificate: "Y3J0", clientKey: "a2V5" };
    const secrets = {
      urn: urn("secrets"),
      type: "talos:machine/secrets:Secrets",
      outputs: { clientConfiguration: client },
    };
    const resources = [secrets, ...(state.deployment.resources ?? [])];
    writeFileSync(join(folder, "state.json"), JSON.stringify({ version: 3, deployment: { resources } }));
    const answerAs = (name: string): void => script("talosctl", `echo 'spec:'; echo '    hostname: ${name}'`);
    answerAs("k8s-3");
    await expect(forgetGone("home", "k8s-3")).rejects.toMatchObject({
      message: expect.stringMatching(/k8s-3 answers at 127\.9\.9\.2/),
      todo: expect.stringMatching(/^run npm run up/),
    });
    expect(written()).toBe(undefined);
    // Its address may be another's by now.
    answerAs("k8s-7");
    await forgetGone("home", "k8s-3");
    expect(written()?.includes("k8s-3-config")).toStrictEqual(false);
  });
});

describe("the certificate in an export in clear", () => {
  it("is found whether the engine has wrapped the whole or a part", () => {
    const client = { caCertificate: "Y2E=", clientCertificate: "Y3J0", clientKey: "a2V5" };
    const wrapped = (value: unknown) => ({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      plaintext: JSON.stringify(value),
    });
    for (const clientConfiguration of [client, wrapped(client), { ...client, clientKey: wrapped("a2V5") }]) {
      const secrets = { urn: "", type: "talos:machine/secrets:Secrets", outputs: { clientConfiguration } };
      const text = talosconfigOf({ version: 3, deployment: { resources: [secrets] } });
      expect(text).toMatch(/ca: Y2E=\n +crt: Y3J0\n +key: a2V5/);
    }
    expect(() => talosconfigOf({ version: 3, deployment: {} })).toThrow(/no machine secrets/);
  });
});

describe("what is said of machines that are still to be wiped", () => {
  const machine = { name: "k8s-2", address: "192.0.2.21", isMember: false };

  it("names the command that is the way out", () => {
    expect(
      describeUnwiped(
        [{ ...machine, unreachable: "refuses the connection", isInMaintenance: false }],
        "destroy",
      ),
    ).toStrictEqual([
      "k8s-2 (192.0.2.21) is still to be wiped, and does not answer: refuses the connection",
      "  → switch it on, then npm run destroy again; if its hardware is dead: npm run recover -- --gone k8s-2, then npm run destroy again",
    ]);
    expect(describeUnwiped([{ ...machine, isInMaintenance: true }], "up").join("\n")).toMatch(
      /→ npm run up again/,
    );
    expect(describeUnwiped([{ ...machine, isInMaintenance: false }], "up").join("\n")).toMatch(
      /it answers\n.*--gone k8s-2/,
    );
  });
});
