// What the program runs by itself around its resources: before and after a Flux bump, and at the end of every `up`. A step is
// a child process; here it is a script that writes down what it was told.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../../src/bootstrap/cluster.ts";
import type { FluxSecrets } from "../../src/bootstrap/fluxSecrets.ts";
import type { Config } from "../../src/config/config.ts";
import { prepareFluxBump, settleFlux, settleFluxBump } from "../../src/flux/aroundRun.ts";
import type { HandOff } from "../../src/flux/handOff.ts";
import { keepLog } from "../fakes/pulumiLog.ts";

const cluster = { kubeconfig: pulumi.output("the kubeconfig") } as unknown as Cluster;
const secrets = { deployKey: pulumi.output("the key") } as unknown as FluxSecrets;
const proven = { proven: pulumi.output("proof") } as unknown as HandOff;
const { execPath } = process;

let folder: string;
const logged: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "home-ops-end-"));
  keepLog(logged);
});
afterEach(() => {
  process.execPath = execPath;
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Steps end so from now on. */
function steps(end: string): void {
  const told = ["KUBECONFIG_TEXT", "DEPLOY_KEY", "TREE", "STACK", "AGE_RECIPIENTS"];
  const words = told.map((name) => `${name}=$${name}`).join("|");
  process.execPath = join(folder, "node");
  writeFileSync(process.execPath, `#!/bin/sh\necho "$2|${words}" >> ${folder}/ran\n${end}\n`);
  chmodSync(process.execPath, 0o755);
}

/** Steps that were run, with those of their inputs that they were given. */
function ran(): readonly string[] {
  if (!existsSync(join(folder, "ran"))) return [];
  return readFileSync(join(folder, "ran"), "utf8")
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .filter((word) => !word.endsWith("="))
        .join(" "),
    );
}

function config(change: Partial<Config> & { readonly before?: string } = {}): Config {
  const { before = "v2.9.4", ...rest } = change;
  return {
    suspend: false,
    nodes: [{ name: "k8s-1" }],
    gone: [],
    git: { url: "ssh://git@github.com/home/x.git", branch: "main", knownHosts: ["github.com x y"] },
    tree: { fluxVersion: "v2.9.4", path: join(process.cwd(), "cluster") },
    ageKey: { recipients: ["age1"] },
    lastRun: { versions: { flux: before }, kubeconfig: "the kubeconfig", machines: [{ name: "k8s-1" }] },
    ...rest,
  } as unknown as Config;
}

async function run(isPreview: boolean): Promise<void> {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }), call: () => ({}) },
    "home-ops",
    "test",
    isPreview,
  );
}

describe("the end of an up", () => {
  const settle = async (of: Config, handOff = proven): Promise<void> => settleFlux(of, { handOff, cluster });
  const proof = "prove-connection KUBECONFIG_TEXT=the kubeconfig";
  const refused = "echo 'Flux does not read Git' >&2; exit 1";

  it("is the proof that Flux reads Git, whose last word stays on the screen", async () => {
    await run(false);
    steps("echo looking; echo 'warning: slow'; echo 'Flux reads Git: main'");
    await settle(config());
    expect(ran()).toStrictEqual([proof]);
    expect(logged).toContain("warn: slow");
    expect(logged.at(-1)).toBe("info: Flux reads Git: main");
  });

  it("proves nothing in a preview, or while Flux is suspended", async () => {
    steps(refused);
    await run(true);
    await settle(config());
    await run(false);
    await settle(config({ suspend: true }));
    expect(ran()).toStrictEqual([]);
  });

  it("is a failure in the step's words when Flux does not", async () => {
    await run(false);
    steps(refused);
    await assert.rejects(settle(config()), (error: Error) => {
      assert.ok(error instanceof pulumi.RunError);
      expect(error.message).toBe("Flux does not read Git");
      return true;
    });
  });

  it("is a warning where machines leave, which a dead Git host must not keep", async () => {
    await run(false);
    steps(refused);
    const lastRun = { ...config().lastRun, machines: [{ name: "k8s-1" }, { name: "k8s-4" }] };
    await settle(config({ lastRun } as unknown as Partial<Config>));
    expect(logged).toContain(
      "warn: Flux does not read Git; machines leave in this run, so the next one proves it again",
    );
    const gone = [{ name: "k8s-4" }] as unknown as Config["gone"];
    await expect(settle(config({ lastRun, gone } as unknown as Partial<Config>))).rejects.toThrow("read Git");
  });

  it("does not come before the hand-off is proven", async () => {
    await run(false);
    steps("");
    const failed = { promise: () => Promise.reject(new Error("not handed over")) };
    const handOff = { proven: failed } as unknown as HandOff;
    await expect(settle(config(), handOff)).rejects.toThrow("not handed over");
    expect(ran()).toStrictEqual([]);
  });
});

describe("a bump of Flux", () => {
  const settle = (of: Config): Promise<void> => settleFluxBump(of, { handOff: proven, cluster, secrets });

  it("is prepared before the first resource, with the kubeconfig of the last run", async () => {
    await run(false);
    steps("echo ready");
    await prepareFluxBump(config({ before: "v2.8.0" }));
    expect(ran()).toStrictEqual([
      "prepare-flux-bump KUBECONFIG_TEXT=the kubeconfig TREE=cluster STACK=test AGE_RECIPIENTS=age1",
    ]);
    expect(logged).toStrictEqual(["info: ready", "info: ready"]);
  });

  it("is stopped where the way is not free", async () => {
    await run(false);
    steps("echo 'the cluster runs Kubernetes v1.20.0' >&2; exit 1");
    await expect(prepareFluxBump(config({ before: "v2.8.0" }))).rejects.toThrow("v1.20.0");
  });

  it("is over when Flux has taken itself there, and the tree is Ready under it", async () => {
    await run(false);
    steps("echo done");
    await settle(config({ before: "v2.8.0" }));
    expect(ran()).toStrictEqual([
      "wait-for-self-management KUBECONFIG_TEXT=the kubeconfig",
      "prove-hand-off KUBECONFIG_TEXT=the kubeconfig DEPLOY_KEY=the key",
    ]);
  });

  it("goes no further when Flux does not manage itself", async () => {
    await run(false);
    steps("echo 'not Ready' >&2; exit 1");
    await expect(settle(config({ before: "v2.8.0" }))).rejects.toThrow("not Ready");
    expect(ran().length).toBe(1);
  });

  it("needs nothing in a preview, at the same version, and where nothing ran before", async () => {
    steps("exit 1");
    const first = { versions: {}, kubeconfig: "x" } as unknown as Config["lastRun"];
    await run(true);
    await prepareFluxBump(config({ before: "v2.8.0" }));
    await settle(config({ before: "v2.8.0" }));
    await run(false);
    for (const same of [config(), config({ lastRun: first })]) {
      await prepareFluxBump(same);
      await settle(same);
    }
    expect(ran()).toStrictEqual([]);
  });
});
