// How static pods follow another config: what is restarted, when, and what is seen of it meanwhile. The programs are played
// by a script that answers `/readyz`.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { ControlPlane, type ControlPlaneContent } from "../../../lab/kubernetes/controlPlane.ts";
import { writeControlPlaneFiles } from "../../../lab/kubernetes/controlPlaneFiles.ts";
import { mirrorPod } from "../../../lab/kubernetes/mirrorPods.ts";
import { parseMachineConfig } from "../../../lab/talos/config.ts";
import { StaticPodCounter } from "../../../lab/talos/config/staticPods.ts";
import { freeNetwork } from "../freeNetwork.ts";
import { newAuthority } from "./authority.ts";

jest.setTimeout(60_000);

const address = (await freeNetwork()).address(11);
const restartMs = 300;

const program = `
const { readFileSync } = require("node:fs");
const flags = Object.fromEntries(process.argv.slice(2).map((arg) => arg.replace(/^--/, "").split(/=(.*)/s)));
// A graceful end takes its time.
process.on("SIGTERM", () => setTimeout(() => process.exit(0), 100));
if (flags["tls-cert-file"] === undefined) setInterval(() => undefined, 1000);
else
  require("node:https")
    .createServer(
      { cert: readFileSync(flags["tls-cert-file"]), key: readFileSync(flags["tls-private-key-file"]) },
      (_request, answer) => answer.end("ok"),
    )
    .listen(Number(flags["secure-port"]), flags["bind-address"]);
`;

describe("the static pods of a control plane", () => {
  let folder: string;
  let authority: { readonly crt: string; readonly key: string };
  let counter: StaticPodCounter;
  let controlPlane: ControlPlane;
  let alone: boolean;
  let prismOpen: boolean;
  let end: AbortController;
  const notes: unknown[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "static-pods-"));
    authority = await newAuthority();
    writeFileSync(join(folder, "program.cjs"), program);
    writeFileSync(
      join(folder, "program"),
      `#!/bin/sh\nexec ${process.execPath} ${join(folder, "program.cjs")} "$@"\n`,
    );
    chmodSync(join(folder, "program"), 0o755);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    [counter, alone, prismOpen, end] = [new StaticPodCounter(), false, true, new AbortController()];
    const tool = join(folder, "program");
    controlPlane = new ControlPlane({
      ...(await content()),
      address,
      toolbox: {
        "kube-apiserver@1.35": tool,
        "kube-controller-manager@1.35": tool,
        "kube-scheduler@1.35": tool,
      },
      logs: folder,
      machine: "k8s-1",
      restartMs,
      held: () => false,
      alone: () => alone,
      kubePrism: async (signal) => {
        while (!prismOpen) await delay(5, undefined, { signal });
      },
      onChange: () => undefined,
      note: (error) => notes.push(error),
      signal: end.signal,
    });
    await controlPlane.start();
  });
  afterEach(async () => {
    end.abort();
    await controlPlane.stop();
    expect(notes).toStrictEqual([]);
  });

  /** A config with these things below `cluster`, and what static pods are made of by it. */
  async function content(cluster: Readonly<Record<string, object>> = {}): Promise<ControlPlaneContent> {
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const ca = { crt: base64(authority.crt), key: base64(authority.key) };
    const image = (name: string): object => ({ image: `registry.k8s.io/${name}:v1.35.4` });
    const raw = stringify({
      version: "v1alpha1",
      machine: {
        type: "controlplane",
        token: "abcdef.0123456789abcdef",
        ca,
        install: { disk: "/dev/vda" },
        network: { hostname: "k8s-1" },
      },
      cluster: {
        id: "home",
        controlPlane: { endpoint: `https://${address}:6443` },
        ca,
        aggregatorCA: ca,
        etcd: { ca },
        serviceAccount: { key: ca.key },
        secretboxEncryptionSecret: base64("0123456789abcdef0123456789abcdef"),
        controllerManager: image("kube-controller-manager"),
        scheduler: image("kube-scheduler"),
        ...cluster,
        apiServer: { ...image("kube-apiserver"), ...cluster["apiServer"] },
      },
    });
    const context = { machineName: "k8s-1", installed: false, talosVersion: "v1.12.0" };
    const { config } = parseMachineConfig(Buffer.from(raw), context);
    return {
      config,
      versions: counter.of(config),
      files: await writeControlPlaneFiles(join(folder, "secrets"), config, address),
    };
  }

  const verbose = { apiServer: { extraArgs: { v: "3" } } };

  /** Version of the config that each pod was made of, and whether it is ready. */
  const seen = (): Record<string, string> =>
    Object.fromEntries(
      controlPlane.pods.map(({ name, versions, ready }) => [
        name.replace("kube-", ""),
        `${versions.config} ${ready ? "ready" : "not ready"}`,
      ]),
    );
  const all = (api: string, others: string): Record<string, string> => ({
    apiserver: api,
    "controller-manager": others,
    scheduler: others,
  });

  async function becomes(wanted: Record<string, string>): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (JSON.stringify(seen()) !== JSON.stringify(wanted)) {
      assert.ok(Date.now() < deadline, `still ${JSON.stringify(seen())}, not ${JSON.stringify(wanted)}`);
      await delay(2);
    }
  }

  it("all run with the first version of their config", () => {
    expect(seen()).toStrictEqual(all("1 ready", "1 ready"));
  });

  it("go on as they are for a while after another config; only what it changes is restarted", async () => {
    const wanted = await content(verbose);
    const begun = performance.now();
    controlPlane.reconfigure(wanted);
    assert.equal(wanted.versions["kube-apiserver"].config, "2", "the resource is ahead at once");
    expect(seen()).toStrictEqual(all("1 ready", "1 ready"));
    expect(controlPlane.running).toBe(true);
    await becomes(all("1 not ready", "1 ready"));
    expect(performance.now() - begun).toBeGreaterThan(restartMs - 20);
    expect(controlPlane.running).toBe(false);
    await becomes(all("2 not ready", "1 ready"));
    await becomes(all("2 ready", "1 ready"));
  });

  it("end all three when there is no other API server, and follow when KubePrism finds the one", async () => {
    alone = true;
    controlPlane.reconfigure(await content(verbose));
    await becomes(all("1 not ready", "1 not ready"));
    prismOpen = false;
    await becomes(all("2 ready", "1 not ready"));
    prismOpen = true;
    await becomes(all("2 ready", "1 ready"));
  });

  it("are restarted once for two configs that follow each other, at the last one", async () => {
    controlPlane.reconfigure(await content(verbose));
    controlPlane.reconfigure(await content({ apiServer: { extraArgs: { v: "4" } } }));
    await becomes(all("1 not ready", "1 ready"));
    await becomes(all("3 ready", "1 ready"));
  });

  it("are not touched by a config that is the same for them", async () => {
    const [before] = controlPlane.pods;
    controlPlane.reconfigure(await content({ network: { dnsDomain: "cluster.local" } }));
    controlPlane.reconfigure(
      await content({
        scheduler: { image: "registry.k8s.io/kube-scheduler:v1.35.4", extraArgs: { v: "1" } },
      }),
    );
    await becomes({ ...all("1 ready", "1 ready"), scheduler: "2 ready" });
    expect(controlPlane.pods[0]).toStrictEqual(before);
  });

  it("are others with other certificates or files, although their config resource is the same", async () => {
    const [first] = controlPlane.pods;
    controlPlane.reconfigure(await content({ apiServer: { certSANs: ["other.example"] } }));
    await becomes(all("1 not ready", "1 not ready"));
    await becomes(all("1 ready", "1 ready"));
    const [second] = controlPlane.pods;
    expect([first?.versions.secrets, second?.versions.secrets]).toStrictEqual(["1", "2"]);
    expect(first?.hash).not.toBe(second?.hash);
  });

  it("show what they were made of in their mirrors, and whether they are ready", async () => {
    controlPlane.reconfigure(await content(verbose));
    await becomes(all("1 not ready", "1 ready"));
    const mirror = (): ReturnType<typeof mirrorPod> =>
      mirrorPod(controlPlane.pods[0] ?? assert.fail("no pod"), "k8s-1", address);
    const version = (): unknown => mirror().metadata.annotations?.["talos.dev/config-version"];
    const ready = (): unknown =>
      (mirror().status?.["conditions"] as { type: string; status: string }[]).find(
        ({ type }) => type === "Ready",
      )?.status;
    expect([mirror().metadata.name, version(), ready()]).toStrictEqual([
      "kube-apiserver-k8s-1",
      "1",
      "False",
    ]);
    await becomes(all("2 ready", "1 ready"));
    expect([version(), ready()]).toStrictEqual(["2", "True"]);
  });
});
