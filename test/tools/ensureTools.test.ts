import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ensureTools } from "../../tools/ensureTools.ts";
import { Fixture } from "./fixture.ts";

describe("ensureTools", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });
  afterEach(() => fixture.remove());

  it("builds what is asked for, in that order, and nothing else", async () => {
    const seen: string[] = [];
    const toolbox = await ensureTools({
      ...fixture.options(["gamma", "alpha"]),
      onTool: (key, path) => seen.push(`${key} ${basename(path)}`),
    });
    expect(Object.keys(toolbox)).toStrictEqual(["gamma", "alpha"]);
    expect(seen).toStrictEqual(["gamma gamma", "alpha alpha"]);
    expect(readFileSync(toolbox["alpha"] ?? "", "utf8")).toBe("built example.org/alpha\n");
    expect(fixture.calls.map((call) => call.replace(/-o \S+/, "-o OUT"))).toStrictEqual([
      "build -mod=readonly -trimpath -buildvcs=false -ldflags -s -w -o OUT .",
      "build -mod=readonly -trimpath -buildvcs=false -tags some,tags -ldflags -s -w -X main.version=v1.2.3 -o OUT example.org/alpha",
    ]);
  });

  it("keeps the user's Go settings out of the build", async () => {
    await ensureTools(fixture.options(["gamma"]));
    const environment = fixture.read("environment").split("\n");
    for (const line of ["GOFLAGS=-buildvcs=false", "GOWORK=off", "CGO_ENABLED=0"])
      expect(environment).toContain(line);
  });

  it("says at the beginning how long it will take, and reports each program", async () => {
    await ensureTools(fixture.options(["alpha", "gamma"]));
    const lines = fixture.written.trim().split("\n");
    expect(lines[0] ?? "").toMatch(/^Building 2 tools: about .+ on \d+ cores$/);
    expect(lines[1] ?? "").toMatch(/^\[1\/2\] alpha: expected \d+/);
    expect(lines[2] ?? "").toMatch(/^\[1\/2\] alpha: done in \d+ s$/);
    expect(lines[4] ?? "").toMatch(/^\[2\/2\] gamma: done in \d+ s$/);
  });

  it("builds nothing and says nothing when all is there, from another clone too", async () => {
    const first = await ensureTools(fixture.options(["alpha", "gamma"]));
    fixture.written = "";
    fixture.file("fail", "must not be called");
    expect(await ensureTools(fixture.options(["alpha", "gamma"]))).toStrictEqual(first);
    expect(fixture.written).toBe("");
    expect(fixture.calls.length).toBe(2);
  });

  it("builds again under another name when the recipe has changed", async () => {
    const before = await ensureTools(fixture.options(["alpha", "gamma"]));
    writeFileSync(join(fixture.recipes, "one", "go.sum"), "other sums\n");
    const after = await ensureTools(fixture.options(["alpha", "gamma"]));
    expect(after["alpha"]).not.toBe(before["alpha"]);
    expect(after["gamma"]).toBe(before["gamma"]);
    expect(existsSync(before["alpha"] ?? "")).toBeTruthy();
    expect(fixture.calls.length).toBe(3);
  });

  it("builds again when the flags have changed", async () => {
    const before = await ensureTools(fixture.options(["gamma"]));
    const groups = fixture.groups.map((group) => ({ ...group, tags: "new" }));
    const after = await ensureTools({ ...fixture.options(["gamma"]), groups });
    expect(after["gamma"]).not.toBe(before["gamma"]);
  });

  it("names the program, its recipe, the compiler's last lines and the log when a build fails", async () => {
    const lines = Array.from({ length: 40 }, (_, index) => `main.go:${index + 1}: undefined: x`);
    fixture.file("fail", `${lines.join("\n")}\n`);
    const log = join(fixture.cache, "logs", "one-beta.log");
    await assert.rejects(ensureTools(fixture.options(["beta@1"])), (error: Error) => {
      const shown = lines.slice(-15).map((line) => `    ${line}`);
      expect(error.message.split("\n")).toStrictEqual([
        "building beta@1 (recipe tools/recipes/one) failed: exit status 2",
        "",
        ...shown,
        "",
        `Full log: ${log}`,
      ]);
      return true;
    });
    expect(readFileSync(log, "utf8").split("\n").length).toBe(41);
  });

  it("leaves nothing half-written behind a failed build, and builds at the next attempt", async () => {
    fixture.file("fail", "no");
    await expect(ensureTools(fixture.options(["beta@1"]))).rejects.toThrow();
    const folder = readdirSync(fixture.cache).find((name) => name.startsWith("one-")) ?? "";
    expect(readdirSync(join(fixture.cache, folder))).toStrictEqual([]);
    fixture.file("fail", "");
    const { rmSync } = await import("node:fs");
    rmSync(join(fixture.folder, "fail"));
    // What a killed process could not clear away.
    writeFileSync(join(fixture.cache, folder, "beta.unfinished-1"), "half");
    const toolbox = await ensureTools(fixture.options(["beta@1"]));
    expect(readdirSync(dirname(toolbox["beta@1"] ?? ""))).toStrictEqual(["beta"]);
  });

  it("takes what somebody else has found, and asks only for what would be built", async () => {
    await ensureTools(fixture.options(["alpha"]));
    const asked: string[] = [];
    const toolbox = await ensureTools({
      ...fixture.options(["alpha", "gamma"]),
      find: async (key) => {
        asked.push(key);
        return "/somewhere/gamma";
      },
    });
    expect(asked).toStrictEqual(["gamma"]);
    expect(toolbox["gamma"]).toBe("/somewhere/gamma");
    expect(fixture.calls.length).toBe(1);
  });

  it("names all tools when there is none of that name", async () => {
    await expect(ensureTools(fixture.options(["delta"]))).rejects.toThrow(
      /^there is no tool delta; there are alpha, beta@1, gamma/,
    );
  });

  it("says that go is missing", async () => {
    const options = { ...fixture.options(["gamma"]), env: { ...fixture.env, PATH: "/nowhere" } };
    await expect(ensureTools(options)).rejects.toThrow(
      /building gamma .* failed: the program go is not on PATH/,
    );
  });
});
