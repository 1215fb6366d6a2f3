import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Config } from "../../src/config/config.ts";
import { keepBundles } from "../../src/flux/bundles.ts";

function config(folder: string | undefined, before: string | undefined, now: string): Config {
  return {
    bundleFolder: folder,
    lastRun: { versions: { flux: before } },
    tree: { fluxVersion: now, ociRepository: { spec: { url: "oci://ghcr.io/fluxcd/flux-manifests" } } },
  } as unknown as Config;
}

describe("keepBundles", () => {
  let folder: string;
  let asked: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "bundles-"));
    asked = [];
    jest.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
      asked.push(String(url));
      return Promise.resolve(new Response("", { status: 404 }));
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["a run that no plan asked for", config(undefined, "v2.7.3", "v2.9.4")],
    ["a first run", config("/nowhere", undefined, "v2.9.4")],
    ["the same version", config("/nowhere", "v2.9.4", "v2.9.4")],
  ] as const)("asks nobody in %s", async (_of, given) => {
    await keepBundles(given);
    expect(asked).toStrictEqual([]);
  });

  it("says why there is no bundle, and lets the preview go on", async () => {
    await keepBundles(config(folder, "v2.7.3", "v2.9.4"));
    expect(asked.map((url) => url.split("/").at(-1)).sort()).toStrictEqual(["v2.7.3", "v2.9.4"]);
    expect(readdirSync(folder)).toStrictEqual(["problem.txt"]);
    expect(readFileSync(join(folder, "problem.txt"), "utf8")).toMatch(/ghcr\.io answers HTTP 404/);
  });
});
