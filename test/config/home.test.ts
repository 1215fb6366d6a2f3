import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { decodeConfig } from "../../src/config/rawConfig.ts";
import { stackSchema } from "../../src/config/schema.ts";
import { runStack } from "./fixture.ts";

const text = readFileSync(join(import.meta.dirname, "../../Pulumi.home.yaml"), "utf8");
const { config } = parse(text) as { config: Readonly<Record<string, unknown>> };

/** What the engine makes of a stack file: every value a text. */
const asEngine = Object.fromEntries(
  Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]),
);

describe("Pulumi.home.yaml", () => {
  it("is valid without a warning", async () => {
    const raw = decodeConfig({ all: asEngine, isSecret: () => false });
    expect(raw.problems).toStrictEqual([]);
    const { assembled, messages } = await runStack(raw.values, {});
    expect(messages).toStrictEqual([]);
    assert.ok("config" in assembled);
    expect(assembled.config.warnings).toStrictEqual([]);
    expect(assembled.config.controlPlanes.length).toBe(3);
  });

  it("explains every key there is, also those it does not use", () => {
    const keys = Object.keys(stackSchema.shape);
    expect(keys.filter((key) => !text.includes(`home-ops:${key}:`))).toStrictEqual([]);
  });

  it("has a Renovate line for each pinned version", () => {
    const pins = [...text.matchAll(/# renovate: .* depName=(\S+).*\n\s+(\w+): v?\d+\.\d+\.\d+\n/g)];
    expect(pins.map(([, dependency, key]) => `${String(key)} ${String(dependency)}`)).toStrictEqual([
      "talos siderolabs/talos",
      "kubernetes kubernetes/kubernetes",
      "cilium cilium",
    ]);
  });
});
