import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkPatches } from "../../src/config/checks/patches.ts";

function paths(patch: Record<string, unknown>): readonly string[] {
  return checkPatches({ patches: { common: [patch] } }).map(({ path }) => path);
}

describe("machine config patches", () => {
  it("may hold anything that the program does not own", () => {
    assert.deepEqual(
      paths({ machine: { kubelet: { extraArgs: { a: "b" } }, install: { extraKernelArgs: ["x"] } } }),
      [],
    );
    assert.deepEqual(
      paths({ apiVersion: "v1alpha1", kind: "Layer2VIPConfig", name: "192.0.2.10", link: "enp1s0" }),
      [],
    );
    assert.deepEqual(paths({ cluster: { apiServer: { extraArgs: { a: "b" } } } }), []);
  });

  it("hold no secret of the cluster, reported once", () => {
    const key = "-----BEGIN EC PRIVATE KEY-----";
    assert.deepEqual(
      paths({ cluster: { ca: { key }, secret: "x", etcd: { ca: { key } } }, machine: { ca: { key } } }),
      [
        "patches.common[0].machine.ca",
        "patches.common[0].cluster.secret",
        "patches.common[0].cluster.ca",
        "patches.common[0].cluster.etcd.ca",
      ],
    );
  });

  it("hold no private key anywhere, and the message says where without showing it", () => {
    const problems = checkPatches({
      nodes: [undefined, { patches: [{}, { machine: { files: [{ content: "x\nAGE-SECRET-KEY-1ABC" }] } }] }],
    });
    assert.deepEqual(
      problems.map(({ path }) => path),
      ["nodes[1].patches[1].machine.files[0].content"],
    );
    assert.ok(!problems.some(({ text }) => text.includes("1ABC")));
  });

  it("set nothing that the stack config sets", () => {
    assert.deepEqual(
      paths({ machine: { install: { image: "x" }, type: "worker" }, cluster: { network: { cni: {} } } }),
      [
        "patches.common[0].machine.type",
        "patches.common[0].machine.install.image",
        "patches.common[0].cluster.network.cni",
      ],
    );
  });
});
