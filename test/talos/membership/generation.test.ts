import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import {
  configuredGeneration,
  generationIn,
  statedGeneration,
} from "../../../src/talos/membership/generation.ts";
import { World } from "../../fakes/world.ts";

describe("the generation of a machine", () => {
  const stated = (text?: string): number | undefined =>
    statedGeneration({
      metadata: { annotations: text === undefined ? {} : { "home-ops.dev/generation": text } },
    });

  it("is stated by a Node only where its annotation is a number", () => {
    expect(stated("2")).toBe(2);
    for (const text of [undefined, "", "0", "two", "2.5", "-1"]) assert.equal(stated(text), undefined, text);
  });

  it("is 1 in a config that says nothing, in whichever document it may stand", () => {
    expect(generationIn("machine:\n    token: x\n")).toBe(1);
    expect(generationIn('machine:\n    nodeAnnotations:\n        home-ops.dev/generation: "12"\n')).toBe(12);
    expect(generationIn("kind: X\n---\n'home-ops.dev/generation': 3\n")).toBe(3);
  });

  it("is read from the member's own config", async () => {
    const world = new World();
    world.hardware.set("192.0.2.13", { name: "k8s-3", generation: 4 });
    expect(await configuredGeneration(world.talosctl, world.machine("k8s-3"))).toBe(4);
    expect(await configuredGeneration(world.talosctl, world.machine("k8s-2"))).toBe(1);
  });

  it("is not guessed: a member that shows no config is left alone", async () => {
    const world = new World();
    world.hardware.set("192.0.2.13", { name: "k8s-3", shows: "spec: 1\n" });
    await expect(configuredGeneration(world.talosctl, world.machine("k8s-3"))).rejects.toThrow(
      /k8s-3 does not show its config/,
    );
    world.hardware.set("192.0.2.13", { name: "k8s-3", isOn: false });
    await expect(configuredGeneration(world.talosctl, world.machine("k8s-3"))).rejects.toThrow(
      /connection refused/,
    );
  });
});
