// Where Cilium's chart comes from while its site is up and while it is down. The site is this process' fetch.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { buildChart } from "../../lab/charts/chart.ts";
import { provideCiliumChart } from "../../src/bootstrap/ciliumChart.ts";
import { fingerprint } from "../../src/config/lastRun.ts";
import { isKept } from "../../src/steps/keptChart.ts";
import { testConfig } from "../graph/program.ts";

describe("Cilium's chart before the first resource", () => {
  const project = process.cwd();
  const realFetch = globalThis.fetch;
  let folder: string;
  let isDown: boolean;
  let asked: string[];
  const chart = { chart: "cilium", version: "1.19.7" };
  const left = { cilium: "1.19.7", ciliumValues: fingerprint({ operator: { replicas: 1 } }) };
  const provide = (versions: object): Promise<void> =>
    provideCiliumChart(testConfig({ lastRun: { versions } }));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cilium-chart-"));
    process.chdir(folder);
    await pulumi.runtime.setMocks(
      { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
      "home-ops",
      "home",
    );
    const { bytes } = await buildChart("cilium", "1.19.7");
    const index = stringify({ entries: { cilium: [{ version: "1.19.7", urls: ["cilium-1.19.7.tgz"] }] } });
    globalThis.fetch = (url) => {
      const { href } = url as URL;
      asked.push(href.replace("https://helm.cilium.io/", ""));
      if (isDown)
        return Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }));
      return Promise.resolve(new Response(href.endsWith(".tgz") ? new Uint8Array(bytes) : index));
    };
  });
  afterAll(() => {
    globalThis.fetch = realFetch;
    process.chdir(project);
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    rmSync("backups", { recursive: true, force: true });
    isDown = false;
    asked = [];
  });

  it("is downloaded by the first run", async () => {
    await provide({});
    expect(isKept("home", chart)).toBeTruthy();
    expect(asked).toStrictEqual(["index.yaml", "cilium-1.19.7.tgz"]);
  });

  it("is asked of nobody while version and values are those of the last run", async () => {
    await provide({});
    [isDown, asked] = [true, []];
    await provide({ ...left, ciliumChart: "kept" });
    expect(asked).toStrictEqual([]);
  });

  it("is downloaded again where it is not kept, as in a fresh clone", async () => {
    await provide({ ...left, ciliumChart: "kept" });
    expect(isKept("home", chart)).toBeTruthy();
  });

  it("is taken from the kept file with a warning when the way back finds the site down", async () => {
    await provide({});
    isDown = true;
    // A bump to 1.20.1 that was taken back: the version is news, its chart is there.
    await provide({ ...left, cilium: "1.20.1", ciliumChart: "kept" });
  });

  const down =
    /^(Error: )?https:\/\/helm\.cilium\.io\/index\.yaml cannot be read: connect ECONNREFUSED\n {2}→ /;
  it("stops the run before anything is touched when it is neither kept nor to be had", async () => {
    isDown = true;
    for (const versions of [{}, { ...left, ciliumChart: "kept" }, { ...left, cilium: "1.20.1" }])
      await assert.rejects(provide(versions), (error: Error) => {
        assert.ok(error instanceof pulumi.RunError);
        expect(error.message).toMatch(down);
        expect(error.message).toMatch(/no machine has been touched; check the way to the Internet/);
        return true;
      });
  });

  it("needs the site on a cluster from before, and says until when", async () => {
    await provide(left);
    expect(asked).toStrictEqual(["index.yaml"]);
    expect(!isKept("home", chart)).toBeTruthy();
    isDown = true;
    await assert.rejects(provide(left), (error: Error) => {
      expect(error.message).toMatch(down);
      expect(error.message).toMatch(/nothing has been touched; .* From the next change of versions\.cilium/);
      return true;
    });
  });
});
