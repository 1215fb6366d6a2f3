import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { stringify } from "yaml";
import { buildChart } from "../../lab/charts/chart.ts";
import { findChart } from "../../src/steps/chartIndex.ts";
import { chartFile, isKept, keepChart } from "../../src/steps/keptChart.ts";
import type { StepError } from "../../src/steps/stepError.ts";

describe("charts of a Helm repository", () => {
  const { signal } = new AbortController();
  const project = process.cwd();
  let folder: string;
  let server: Server;
  let repository: string;
  /** Answers by path; what is not here is 404. */
  let files: Record<string, string | Buffer>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kept-chart-"));
    process.chdir(folder);
    server = createServer((request, response) => {
      const found = files[(request.url ?? "").slice(1)];
      response.writeHead(found === undefined ? 404 : 200).end(found);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    repository = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  });
  afterAll(() => {
    process.chdir(project);
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    server.close();
  });
  beforeEach(async () => {
    rmSync("backups", { recursive: true, force: true });
    const [old, next] = [await buildChart("cilium", "1.19.7"), await buildChart("cilium", "1.20.1")];
    files = { "cilium-1.19.7.tgz": old.bytes, "charts/cilium-1.20.1.tgz": next.bytes };
    files["index.yaml"] = stringify({
      apiVersion: "v1",
      entries: {
        cilium: [
          { version: "1.20.1", urls: ["charts/cilium-1.20.1.tgz"], digest: next.digest },
          // Another form of both, and a dependency, whose version is none of the chart's.
          {
            version: "v1.19.7",
            urls: [`${repository}cilium-1.19.7.tgz`],
            dependencies: [{ name: "x", version: "3.0.0" }],
          },
        ],
        tetragon: [{ version: "1.6.0", urls: ["tetragon-1.6.0.tgz"] }],
      },
    });
  });

  const wanted = (version: string) => ({ repository, chart: "cilium", version });
  const keep = (version: string, others: readonly string[] = []) =>
    keepChart("home", wanted(version), others, signal);
  const kept = (version: string) => isKept("home", wanted(version));

  it("are found by name and version, with or without a v", async () => {
    expect((await findChart(wanted("1.20.1"), signal)).version).toBe("1.20.1");
    expect((await findChart(wanted("1.19.7"), signal)).version).toBe("v1.19.7");
  });

  it("are not there when only another chart or a dependency has that version", async () => {
    for (const version of ["1.6.0", "3.0.0"])
      await assert.rejects(findChart(wanted(version), signal), (error: StepError) => {
        expect(error.message).toMatch(new RegExp(`has no version ${version} of cilium; nothing of`));
        return true;
      });
    await expect(findChart(wanted("1.20.9"), signal)).rejects.toThrow(/of 1\.20 it has 1\.20\.1/);
  });

  it("are kept for one stack, readable for the owner alone", async () => {
    await keep("1.20.1");
    const file = chartFile("home", wanted("1.20.1"));
    expect(file).toBe("backups/home/cilium-1.20.1.tgz");
    expect(readFileSync(file)).toStrictEqual(files["charts/cilium-1.20.1.tgz"]);
    expect(statSync("backups/home").mode & 0o777).toBe(0o700);
    expect(kept("1.20.1")).toBeTruthy();
    expect(!isKept("other", wanted("1.20.1"))).toBeTruthy();
  });

  it("leave room: only those that are asked for stay", async () => {
    await keep("1.19.7");
    writeFileSync("backups/home/cilium-1.18.0.tgz", "old");
    writeFileSync("backups/home/2026-11-23T20-15-00Z-etcd.db.age", "a backup");
    await keep("1.20.1", ["1.19.7"]);
    expect(readdirSync("backups/home")).toStrictEqual([
      "2026-11-23T20-15-00Z-etcd.db.age",
      "cilium-1.19.7.tgz",
      "cilium-1.20.1.tgz",
    ]);
  });

  it("are not taken for kept when the file is cut off, no archive, or another version", async () => {
    await keep("1.20.1");
    const file = chartFile("home", wanted("1.20.1"));
    const whole = readFileSync(file);
    for (const content of [
      whole.subarray(0, whole.length / 2),
      Buffer.from(""),
      Buffer.from("not an archive"),
    ]) {
      writeFileSync(file, content);
      expect(!kept("1.20.1")).toBeTruthy();
    }
    writeFileSync(file, files["cilium-1.19.7.tgz"] ?? "");
    expect(!kept("1.20.1")).toBeTruthy();
  });

  it("are refused, and nothing is kept, when they are not what the index says", async () => {
    files["charts/cilium-1.20.1.tgz"] = files["cilium-1.19.7.tgz"] ?? "";
    await expect(keep("1.20.1")).rejects.toThrow(
      /is not what its index says: SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}/,
    );
    // Without a digest the archive itself says it.
    files["cilium-1.19.7.tgz"] = "<html>sign in to the network</html>";
    await expect(keep("1.19.7")).rejects.toThrow(/what was downloaded is no such chart/);
    expect(!existsSync("backups/home")).toBeTruthy();
  });

  it("cannot be asked for when the site is down, which is said with what to do", async () => {
    files = {};
    await assert.rejects(keep("1.20.1"), (error: StepError) => {
      expect(error.message).toMatch(/index\.yaml cannot be read: HTTP 404/);
      expect(error.todo).toMatch(/no machine has been touched; check the way to the Internet/);
      return true;
    });
  });
});
