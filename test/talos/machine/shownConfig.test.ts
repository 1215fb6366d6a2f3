// What a plan is shown of a machine's config: everything but the secrets.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../../../src/config/config.ts";
import { valueOf } from "../../../src/steps/runStep.ts";
import type { MachinePlan } from "../../../src/talos/machine/machinePlan.ts";
import { keepShownConfigs } from "../../../src/talos/machine/shownConfig.ts";

const base = `version: v1alpha1
machine:
  type: worker
  token: a-token-of-the-cluster
---
`;
const readable = JSON.stringify({ machine: { sysctls: { a: "1" }, note: "a-token-of-the-cluster" } });
const secret = JSON.stringify({ kind: "WireguardConfig", name: "wg0", privateKey: "hush-hush", mtu: 1400 });

describe("the configs of the machines for a plan", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "home-ops-shown-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const keep = async (config: Partial<Config>): Promise<void> => {
    const plan = {
      node: { name: "k8s-4" },
      base: pulumi.secret(base),
      patches: [readable, pulumi.secret(secret) as unknown as string],
    } as unknown as MachinePlan;
    await Promise.all(keepShownConfigs([plan], config as Config).map(async (kept) => valueOf(kept)));
  };

  it("show all that is no secret, also where a secret stands once more, and hide of a secret patch all but its name", async () => {
    await keep({ bundleFolder: folder, maskKey: "any" });
    const file = join(folder, "k8s-4.config.json");
    const text = readFileSync(file, "utf8");
    expect(text).not.toMatch(/a-token-of-the-cluster|hush-hush|1400/);
    const [shownBase, shownPatch, shownSecret] = JSON.parse(text) as readonly Record<string, never>[];
    expect(shownBase).toMatchObject({ version: "v1alpha1", machine: { type: "worker" } });
    expect(shownPatch).toMatchObject({ machine: { sysctls: { a: "1" } } });
    expect(shownSecret).toMatchObject({ kind: "WireguardConfig", name: "wg0" });
    expect(Object.keys(shownSecret ?? {})).toStrictEqual(["kind", "name", "privateKey", "mtu"]);
    // The same secret has the same mark, so that a plan can say whether it changes.
    const [mark] = /\[secret:\w+\]/.exec(JSON.stringify(shownBase)) ?? [];
    expect(JSON.stringify(shownPatch)).toContain(String(mark));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([{}, { maskKey: "any" }])(
    "are not written in a run that no plan has asked for (%#)",
    async (config) => {
      await keep(config);
      expect(readdirSync(folder)).toStrictEqual([]);
    },
  );
});
