import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { layoutOf, type LabSize } from "../../lab/layout.ts";

const addresses = (size: LabSize): Record<string, string> =>
  Object.fromEntries(layoutOf("/project", "x", size, 7).machines.map(({ name, address }) => [name, address]));

describe("layoutOf", () => {
  it("gives each size its machines, with addresses by role", () => {
    assert.deepEqual(addresses("lab"), { "k8s-1": "127.10.7.11", "k8s-2": "127.10.7.21" });
    assert.deepEqual(addresses("lab-ha"), {
      "k8s-1": "127.10.7.11",
      "k8s-2": "127.10.7.12",
      "k8s-3": "127.10.7.13",
      "k8s-4": "127.10.7.21",
      "k8s-5": "127.10.7.22",
      "spare-1": "127.10.7.101",
    });
    const wide = layoutOf("/project", "x", "lab-wide", 7).machines;
    assert.equal(wide.length, 50);
    assert.deepEqual(wide.at(-1), {
      name: "k8s-50",
      address: "127.10.7.67",
      otherAddress: "127.10.7.205",
      role: "worker",
    });
  });

  it("has another lease for each machine, which is no other machine's address", () => {
    const { machines } = layoutOf("/project", "x", "lab-wide", 7);
    const all = machines.flatMap(({ address, otherAddress }) => [address, otherAddress]);
    assert.equal(new Set(all).size, 100);
  });

  it("takes machines of any name in any order", () => {
    const { machines, size, tree, published } = layoutOf(
      "/project",
      "x",
      {
        machines: [
          { name: "nas", role: "worker" },
          { name: "alpha", role: "controlplane" },
          { name: "beta", role: "worker" },
        ],
        older: true,
        tree: "/elsewhere/cluster",
        published: { talos: ["v1.12.3"] },
      },
      7,
    );
    assert.deepEqual(machines, [
      { name: "nas", address: "127.10.7.21", otherAddress: "127.10.7.254", role: "worker" },
      { name: "alpha", address: "127.10.7.11", otherAddress: "127.10.7.253", role: "controlplane" },
      { name: "beta", address: "127.10.7.22", otherAddress: "127.10.7.252", role: "worker" },
    ]);
    assert.equal(size, "own");
    assert.equal(tree, "/elsewhere/cluster");
    assert.deepEqual(published, { talos: ["v1.12.3"], cilium: [], schematics: [] });
    assert.equal(layoutOf("/project", "x", "lab", 7).tree, "/project/cluster");
  });

  it("refuses more machines of a role than it has addresses", () => {
    const machines = Array.from({ length: 11 }, (_, index) => ({
      name: `m-${String(index)}`,
      role: "controlplane" as const,
    }));
    assert.throws(
      () => layoutOf("/project", "x", { machines, older: false }, 7),
      /at most 10 machines of the role controlplane/,
    );
  });
});
