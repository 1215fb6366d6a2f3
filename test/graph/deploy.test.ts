import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { deploy, waitsFor } from "./deploy.ts";

class Thing extends pulumi.CustomResource {
  declare readonly made: pulumi.Output<string>;
  constructor(name: string, inputs: Record<string, unknown>, opts?: pulumi.CustomResourceOptions) {
    super("test:index:Thing", name, { ...inputs, made: undefined }, opts);
  }
}

class Group extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Group", name);
    new Thing(`${name}-inner`, { plain: "x" }, { parent: this });
    this.registerOutputs({});
  }
}

function program(): void {
  const group = new Group("group");
  const first = new Thing("first", { key: pulumi.secret("hidden") }, { protect: true, dependsOn: [group] });
  new Thing("second", { from: first.made }, { deletedWith: first, ignoreChanges: ["from"] });
}

describe("deploy", () => {
  it("shows parents, dependencies, options and secrets of what a program registers", async () => {
    const found = await deploy(program, { outputs: { "test:index:Thing": { made: "m" } }, invokes: {} });
    const by = new Map(found.map((registration) => [registration.name, registration]));
    expect(by.get("group-inner")?.parent).toBe("group");
    expect(by.get("first")?.inputs["key"]).toStrictEqual({ secret: "hidden" });
    expect(by.get("first")?.protect).toBe(true);
    expect(by.get("second")?.dependencies).toStrictEqual(["first"]);
    expect(by.get("second")?.deletedWith).toBe("first");
    expect(by.get("second")?.ignoreChanges).toStrictEqual(["from"]);
    assert.ok(
      waitsFor(found, "second").has("group-inner"),
      "a component in dependsOn stands for its children",
    );
  });

  it("leaves outputs unknown in a preview", async () => {
    const found = await deploy(program, { outputs: {}, invokes: {}, preview: true });
    expect(found.find((registration) => registration.name === "second")?.inputs["from"]).toBe("unknown");
  });
});
