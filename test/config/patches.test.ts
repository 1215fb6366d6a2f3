import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { checkPatches } from "../../src/config/checks/patches.ts";
import { leavesOf, type Segment } from "../../src/config/walk.ts";
import { SecretText } from "../../src/config/secretText.ts";
import { programPatches } from "../../src/config/patches/program.ts";
import { testConfig } from "../graph/program.ts";
import { problemText } from "../../src/config/problem.ts";

function paths(patch: Record<string, unknown>): readonly string[] {
  return checkPatches({ patches: { common: [patch] } }).map(({ path }) => path);
}

describe("machine config patches", () => {
  it("may hold anything that the program does not own", () => {
    expect(
      paths({ machine: { kubelet: { extraArgs: { a: "b" } }, install: { extraKernelArgs: ["x"] } } }),
    ).toStrictEqual([]);
    expect(
      paths({ apiVersion: "v1alpha1", kind: "Layer2VIPConfig", name: "192.0.2.10", link: "enp1s0" }),
    ).toStrictEqual([]);
    expect(paths({ cluster: { apiServer: { extraArgs: { a: "b" } } } })).toStrictEqual([]);
  });

  it("hold no secret of the cluster, reported once", () => {
    const key = "-----BEGIN EC PRIVATE KEY-----";
    expect(
      paths({ cluster: { ca: { key }, secret: "x", etcd: { ca: { key } } }, machine: { ca: { key } } }),
    ).toStrictEqual([
      "patches.common[0].machine.ca",
      "patches.common[0].cluster.secret",
      "patches.common[0].cluster.ca",
      "patches.common[0].cluster.etcd.ca",
    ]);
  });

  it("hold no private key anywhere, and the message says where without showing it", () => {
    const problems = checkPatches({
      nodes: [undefined, { patches: [{}, { machine: { files: [{ content: "x\nAGE-SECRET-KEY-1ABC" }] } }] }],
    });
    expect(problems.map(({ path }) => path)).toStrictEqual(["nodes[1].patches[1].machine.files[0].content"]);
    expect(!problems.some((one) => problemText(one).includes("1ABC"))).toBeTruthy();
  });

  it("set nothing that the stack config sets", () => {
    expect(
      paths({ machine: { install: { image: "x" }, type: "worker" }, cluster: { network: { cni: {} } } }),
    ).toStrictEqual([
      "patches.common[0].machine.type",
      "patches.common[0].machine.install.image",
      "patches.common[0].cluster.network.cni",
    ]);
  });

  it("set nothing that the program's own patches set, whatever that is, and take none of it away", () => {
    const { nodes, ...config } = testConfig();
    for (const talosContract of ["v1.11", "v1.13"])
      for (const node of nodes)
        for (const own of programPatches(
          { ...node, generation: 2 },
          { ...config, cluster: { talosContract } },
        )) {
          if ("kind" in own) {
            assert.equal(paths(own).length, 1, JSON.stringify(own));
            continue;
          }
          for (const [path] of leavesOf(own)) {
            const key = path.filter((segment) => typeof segment === "string");
            assert.ok(paths(patchAt(key, "x")).length > 0, key.join("."));
            if (talosContract === "v1.13") continue;
            const deletions = key.map((_, index) => patchAt(key.slice(0, index + 1), { $patch: "delete" }));
            for (const deletion of deletions.slice(1))
              assert.ok(checkOld(deletion) > 0, JSON.stringify(deletion));
          }
        }
  });

  it("may take away what only looks like the program's", () => {
    expect(paths({ machine: { network: { $patch: "delete" } } })).toStrictEqual([]);
    expect(checkOld({ machine: { network: { $patch: "delete" } } })).toBe(1);
    expect(paths({ cluster: { apiServer: { admissionControl: { $patch: "delete" } } } })).toStrictEqual([]);
    expect(paths({ machine: { features: { kubePrism: { enabled: true, port: 7445 } } } })).toStrictEqual([]);
    expect(paths({ machine: { kubelet: { registerWithFQDN: false } } })).toStrictEqual([]);
  });

  it("give every encrypted variable of a service its name", () => {
    const service = (variable: SecretText): readonly string[] =>
      paths({ apiVersion: "v1alpha1", kind: "ExtensionServiceConfig", name: "vpn", environment: [variable] });
    expect(service(new SecretText("the-key-alone"))).toStrictEqual(["patches.common[0].environment[0]"]);
    expect(service(new SecretText("VPN_KEY=the-key="))).toStrictEqual([]);
    expect(service(new SecretText(undefined))).toStrictEqual([]);
  });

  it("decide by nothing that is encrypted", () => {
    expect(paths({ apiVersion: "v1alpha1", kind: new SecretText("HostnameConfig") })).toStrictEqual([
      "patches.common[0].kind",
    ]);
    expect(
      paths({ machine: { features: { kubePrism: { enabled: new SecretText("true") } } } }),
    ).toStrictEqual(["patches.common[0].machine.features.kubePrism.enabled"]);
  });
});

function patchAt(path: readonly Segment[], value: unknown): Record<string, unknown> {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}

/** Number of problems on a cluster of a contract that has no documents yet. */
function checkOld(patch: Record<string, unknown>): number {
  return checkPatches({ cluster: { talosContract: "v1.11" }, patches: { common: [patch] } }).length;
}
