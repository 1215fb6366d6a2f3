import { describe, expect, it } from "@jest/globals";
import { layoutOf, type LabSize } from "../../lab/layout.ts";

const addresses = (size: LabSize): Record<string, string> =>
  Object.fromEntries(layoutOf("/project", "x", size, 7).machines.map(({ name, address }) => [name, address]));

describe("layoutOf", () => {
  it("gives each size its machines, with addresses by role", () => {
    expect(addresses("lab")).toStrictEqual({ "k8s-1": "127.10.7.11", "k8s-2": "127.10.7.21" });
    expect(addresses("lab-ha")).toStrictEqual({
      "k8s-1": "127.10.7.11",
      "k8s-2": "127.10.7.12",
      "k8s-3": "127.10.7.13",
      "k8s-4": "127.10.7.21",
      "k8s-5": "127.10.7.22",
      "spare-1": "127.10.7.101",
    });
    const wide = layoutOf("/project", "x", "lab-wide", 7).machines;
    expect(wide.length).toBe(50);
    expect(wide.at(-1)).toStrictEqual({
      name: "k8s-50",
      address: "127.10.7.67",
      otherAddress: "127.10.7.205",
      role: "worker",
    });
  });

  it("has another lease for each machine, which is no other machine's address", () => {
    const { machines } = layoutOf("/project", "x", "lab-wide", 7);
    const all = machines.flatMap(({ address, otherAddress }) => [address, otherAddress]);
    expect(new Set(all).size).toBe(100);
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
    expect(machines).toStrictEqual([
      { name: "nas", address: "127.10.7.21", otherAddress: "127.10.7.254", role: "worker" },
      { name: "alpha", address: "127.10.7.11", otherAddress: "127.10.7.253", role: "controlplane" },
      { name: "beta", address: "127.10.7.22", otherAddress: "127.10.7.252", role: "worker" },
    ]);
    expect(size).toBe("own");
    expect(tree).toBe("/elsewhere/cluster");
    expect(published).toStrictEqual({ talos: ["v1.12.3"], cilium: [], schematics: [] });
    expect(layoutOf("/project", "x", "lab", 7).tree).toBe("/project/cluster");
  });

  it("refuses more machines of a role than it has addresses", () => {
    const machines = Array.from({ length: 11 }, (_, index) => ({
      name: `m-${String(index)}`,
      role: "controlplane" as const,
    }));
    expect(() => layoutOf("/project", "x", { machines, older: false }, 7)).toThrow(
      /at most 10 machines of the role controlplane/,
    );
  });
});
