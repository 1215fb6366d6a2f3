// The only test that goes through Pulumi: stack config in, config or one RunError out.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { decodeConfig } from "../../src/config/rawConfig.ts";
import { loadConfig } from "../../src/config/load.ts";

const nothing = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };

async function failure(config: Record<string, string>, secretKeys: string[] = []): Promise<string> {
  await pulumi.runtime.setMocks(nothing, "home-ops", "attic", true);
  pulumi.runtime.setAllConfig(config, secretKeys);
  try {
    await loadConfig();
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message;
  }
  return assert.fail("the config was accepted");
}

const providers = { "pulumi:disable-default-providers": '["kubernetes","github"]' };

describe("loadConfig", () => {
  it("throws one RunError with all problems, the stack's file in its first line", async () => {
    const message = await failure({ ...providers, "home-ops:protect": "never", "home-ops:tree": "nowhere" });
    const [first, ...lines] = message.split("\n");
    expect(first).toBe(`Pulumi.attic.yaml: ${String(lines.length)} problems`);
    expect(lines).toContain("  protect: never is neither true nor false → write true or false");
    expect(lines.some((line) => line.startsWith("  cluster: is missing → "))).toBeTruthy();
    expect(
      lines.some((line) => line.startsWith("  tree: ") && line.includes("nowhere is not a folder")),
    ).toBeTruthy();
  });

  it("refuses encrypted values without showing them, once", async () => {
    const message = await failure({ ...providers, "home-ops:cluster": '{"name":"hidden value"}' }, [
      "home-ops:cluster",
    ]);
    expect(message).not.toContain("hidden");
    expect(message.split("\n").filter((line) => line.startsWith("  cluster:"))).toStrictEqual([
      "  cluster: is encrypted; it holds no secret and must be readable in previews → set it again without --secret: pulumi config set home-ops:cluster VALUE",
    ]);
  });

  it("wants the default providers off", async () => {
    const message = await failure({ "pulumi:disable-default-providers": '["kubernetes"]' });
    expect(message).toContain(
      "  pulumi:disable-default-providers: lacks github → write [kubernetes, github]\n",
    );
  });
});

describe("decodeConfig", () => {
  it("takes JSON for sections and keeps texts as they are", () => {
    const all = {
      ...providers,
      "home-ops:tree": "5",
      "home-ops:protect": "false",
      "home-ops:nodes": "[{}]",
      "other:x": "1",
    };
    const { values, problems } = decodeConfig({ all, isSecret: () => false });
    expect(values).toStrictEqual({ tree: "5", protect: false, nodes: [{}] });
    expect(problems).toStrictEqual([]);
  });

  it("leaves a text where a section is expected for the schema to refuse", () => {
    expect(
      decodeConfig({ all: { ...providers, "home-ops:nodes": "k8s-1" }, isSecret: () => false }).values,
    ).toStrictEqual({
      nodes: "k8s-1",
    });
  });
});
