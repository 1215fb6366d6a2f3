import { describe, expect, it } from "@jest/globals";
import { makePlan } from "../../../commands/plan/makePlan.ts";
import { maskPair } from "../../../src/steps/mask.ts";
import { configUpdate, digest, step } from "./sample.ts";

describe("maskPair", () => {
  it("masks by the names of fields, and shows that a secret changes", () => {
    const [before, after] = maskPair(
      { auth: { username: "me", password: "one" }, privateKey: "x" },
      { auth: { username: "me", password: "two" }, privateKey: "x" },
    );
    expect(before).toStrictEqual({ auth: { username: "me", password: "[secret]" }, privateKey: "[secret]" });
    expect(after).toStrictEqual({
      auth: { username: "me", password: "[secret] (another one)" },
      privateKey: "[secret]",
    });
  });

  it("masks what looks like one wherever it stands", () => {
    const [, after] = maskPair(undefined, {
      env: { HTTPS_PROXY: "http://me:hunter2@proxy.example.com:3128" },
      contents: "apiVersion: v1\nkind: Secret\nstringData:\n  a: b\n",
    });
    expect(after).toStrictEqual({ env: { HTTPS_PROXY: "[secret]" }, contents: "[secret]" });
  });

  it("leaves ordinary values alone", () => {
    const value = {
      taints: [{ key: "node-role.kubernetes.io/control-plane" }],
      imagePullSecret: "registry",
      secretsEncryption: true,
      url: "https://example.com/a:b@c",
    };
    expect(maskPair(value, value)).toStrictEqual([value, value]);
  });
});

describe("a plan", () => {
  const secret = "hunter2hunter2hunter2";

  it("shows no secret of a patch, in the table, the diff or the steps", () => {
    const registries = (password: string): object => ({
      machine: { registries: { config: { "ghcr.io": { auth: { username: "me", password } } } } },
    });
    const plan = makePlan(digest(configUpdate("k8s-1", [registries("first")], [registries(secret)])), {
      texts: new Map(),
    });
    expect(JSON.stringify(plan)).not.toContain(secret);
    expect(plan.machineConfigs[0]?.diff ?? "").toMatch(/\+ .*password: "\[secret\] \(another one\)"/);
  });

  it("shows no secret of chart values", () => {
    const values = (password: string): object => ({ values: { hubble: { auth: { password } } } });
    const plan = makePlan(
      digest(
        step("update", "release", "cluster-cilium", {
          before: { ...values("first") },
          after: { ...values(secret) },
        }),
      ),
      { texts: new Map() },
    );
    expect(JSON.stringify(plan)).not.toContain(secret);
    expect(plan.ciliumValues ?? "").toMatch(/\[secret\]/);
  });

  it("never shows the base config", () => {
    const plan = makePlan(
      digest(
        step("update", "config", "talos-k8s-1-config", {
          before: { machineConfigurationInput: secret, configPatches: [] },
          after: { machineConfigurationInput: `${secret}2`, configPatches: [] },
        }),
      ),
      { texts: new Map() },
    );
    expect(JSON.stringify(plan)).not.toContain(secret);
  });
});
