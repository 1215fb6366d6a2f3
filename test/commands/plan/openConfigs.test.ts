// Machine configs that the preview hides: what a plan shows of them, and that it shows no more.
import { createHmac } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { makePlan } from "../../../commands/plan/makePlan.ts";
import { openConfigs } from "../../../commands/plan/openConfigs.ts";
import { markdownText } from "../../../commands/plan/print/markdown.ts";
import { terminalText } from "../../../commands/plan/print/terminal.ts";
import type { PreviewStep } from "../../../commands/plan/preview.ts";
import type { Plan } from "../../../commands/plan/types.ts";
import { keepShownConfigs } from "../../../src/talos/machine/shownConfig.ts";
import type { MachinePlan } from "../../../src/talos/machine/machinePlan.ts";
import { digest, machines, step, urn } from "./sample.ts";

const maskKey = "only for this test";
const token = "abcdef.0123456789abcdef";
const authKey = "correct-horse-battery";
const pem = Buffer.from("-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----").toString(
  "base64",
);

/** A base config as the provider makes it. */
function base(endpoint: string, clusterSecret = "c2VjcmV0IG9mIHRoZSBjbHVzdGVy"): string {
  const main = {
    version: "v1alpha1",
    machine: { type: "controlplane", token, ca: { crt: pem, key: pem } },
    cluster: {
      secret: clusterSecret,
      controlPlane: { endpoint },
      apiServer: { certSANs: [new URL(endpoint).hostname] },
    },
  };
  const name = { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "stable" };
  return [main, name].map((document) => stringify(document)).join("---\n");
}

interface Side {
  readonly base: string;
  readonly patches: readonly object[];
  /** Whether the patches hold a secret: the state has them as one, and so does the preview. */
  readonly secret?: readonly object[];
}

/** What the state has of a value. */
function marked(value: unknown): object {
  return {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
  };
}

/** What the program writes for a plan. */
async function written({
  base: text,
  patches,
  secret = [],
}: Side): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const folder = mkdtempSync(join(tmpdir(), "configs-"));
  try {
    const texts = [
      ...patches.map((patch) => JSON.stringify(patch)),
      ...secret.map((patch) => pulumi.secret(JSON.stringify(patch))),
    ];
    const plan = {
      node: { name: "k8s-1" },
      base: pulumi.secret(text),
      patches: texts as readonly string[],
    } as unknown as MachinePlan;
    const [output] = keepShownConfigs([plan], { bundleFolder: folder, maskKey });
    await new Promise((resolve) => output?.apply(resolve));
    const [file = "none"] = readdirSync(folder);
    expect(file).toBe("k8s-1.config.json");
    const content = readFileSync(join(folder, file), "utf8");
    for (const value of [token, authKey, pem, "c2VjcmV0"]) expect(content).not.toContain(value);
    return new Map([["k8s-1", JSON.parse(content) as readonly unknown[]]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function planOf(before: Side, after: Side): Promise<Plan> {
  const textsOf = ({ patches, secret = [] }: Side): readonly string[] =>
    [...patches, ...secret].map((patch) => JSON.stringify(patch));
  const preview = (side: Side): object => ({
    node: "192.0.2.11",
    machineConfigurationInput: "[secret]",
    configPatches: side.secret === undefined ? textsOf(side) : "[secret]",
  });
  const update: PreviewStep = {
    ...step("update", "config", "talos-k8s-1-config", {
      before: { ...preview(before) },
      after: { ...preview(after) },
    }),
    diffReasons: ["machineConfiguration", "machineConfigurationInput", "configPatches"],
  };
  const patches = textsOf(before);
  const state = [
    {
      urn: urn("config", "talos-k8s-1-config"),
      inputs: {
        machineConfigurationInput: marked(before.base),
        configPatches: before.secret === undefined ? patches : marked(patches),
      },
    },
  ];
  const opened = openConfigs(digest(...machines(3, 0), update), {
    state,
    documents: await written(after),
    maskKey,
  });
  const plan = makePlan(opened, { texts: new Map() });
  const all = [JSON.stringify(plan), markdownText(plan), terminalText(plan, (_format, text) => text)].join();
  for (const value of [
    token,
    authKey,
    pem,
    "c2VjcmV0",
    createHmac("sha256", maskKey).update(token).digest("hex").slice(0, 8),
  ])
    expect(all).not.toContain(value);
  return plan;
}

const changesOf = ({ rows }: Plan): readonly unknown[] =>
  rows.flatMap(({ what, impact, changes }) => [`${what} [${impact}]`, ...changes]);

describe("a base config in a plan", () => {
  it("shows another endpoint, with what it costs", async () => {
    const plan = await planOf(
      { base: base("https://192.0.2.10:6443"), patches: [] },
      { base: base("https://home.example.com:6443"), patches: [] },
    );
    expect(changesOf(plan)).toStrictEqual([
      "machine config [restart]",
      {
        name: "cluster.controlPlane.endpoint",
        from: "https://192.0.2.10:6443",
        to: "https://home.example.com:6443",
      },
      { name: "cluster.apiServer.certSANs", from: '["192.0.2.10"]', to: '["home.example.com"]' },
    ]);
    expect(plan.machineConfigs[0]?.diff ?? "").toMatch(
      /-.* endpoint: https:\/\/192\.0\.2\.10:6443\n\+.* endpoint: https:\/\/home\.example\.com:6443/,
    );
  });

  it("says which secret changes, and not what it is", async () => {
    const endpoint = "https://192.0.2.10:6443";
    const plan = await planOf(
      { base: base(endpoint), patches: [] },
      { base: base(endpoint, "c2VjcmV0IG51bWJlciB0d28="), patches: [] },
    );
    expect(changesOf(plan).slice(1)).toStrictEqual([
      { name: "cluster.secret", from: "[secret]", to: "[secret] (another one)" },
    ]);
  });

  it("names a reboot where one is needed, also by what the generator adds", async () => {
    const endpoint = "https://192.0.2.10:6443";
    const plan = await planOf(
      { base: base(endpoint), patches: [] },
      {
        base: base(endpoint).replace("type: controlplane", "type: controlplane\n  features:\n    rbac: true"),
        patches: [],
      },
    );
    expect(changesOf(plan)).toStrictEqual([
      "machine config [reboot]",
      { name: "machine.features.rbac", to: "true" },
    ]);
  });
});

describe("patches with a secret in a plan", () => {
  const endpoint = "https://192.0.2.10:6443";
  const service = (key: string): object => ({
    apiVersion: "v1alpha1",
    kind: "ExtensionServiceConfig",
    name: "tailscale",
    environment: [`TS_THING=${key}`],
  });

  it("leave the others readable", async () => {
    const sysctl = (value: string): object => ({ machine: { sysctls: { a: value } } });
    const plan = await planOf(
      { base: base(endpoint), patches: [sysctl("1")], secret: [service(authKey)] },
      { base: base(endpoint), patches: [sysctl("2")], secret: [service(authKey)] },
    );
    // What it was nobody can tell from a secret any more.
    expect(changesOf(plan)).toStrictEqual([
      "machine config [live]",
      { name: "machine.sysctls.a", from: "[secret]", to: "2" },
    ]);
  });

  it("say that they change, and where", async () => {
    const plan = await planOf(
      { base: base(endpoint), patches: [], secret: [service("another-horse-battery")] },
      { base: base(endpoint), patches: [], secret: [service(authKey)] },
    );
    expect(changesOf(plan)).toStrictEqual([
      "machine config [live]",
      {
        name: "documents.ExtensionServiceConfig tailscale.environment",
        from: '["[secret]"]',
        to: '["[secret] (another one)"]',
      },
    ]);
  });

  it("show nothing of a secret that is gone", async () => {
    const plan = await planOf(
      { base: base(endpoint), patches: [], secret: [service(authKey)] },
      { base: base(endpoint), patches: [] },
    );
    expect(changesOf(plan).length).toBeGreaterThan(1);
  });
});
