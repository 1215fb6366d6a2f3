import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import {
  addressesIn,
  dyingMachines,
  livingNodes,
  machinesOf,
  nodesAfter,
  shapeOf,
} from "../../../commands/rehearse/machines.ts";
import { translator } from "../../../commands/rehearse/patches.ts";
import { labStack } from "../../../commands/rehearse/stackConfig.ts";
import type { StackNode, StackValues } from "../../../commands/rehearse/stackFile.ts";
import { layoutOf } from "../../../lab/layout.ts";
import { checkStack } from "../../../src/config/parseConfig.ts";

const alpha: StackNode = { name: "alpha", address: "192.0.2.11", role: "controlplane", disk: "/dev/nvme0n1" };
const nas: StackNode = { name: "nas", address: "192.0.2.21", role: "worker", disk: "/dev/sda" };
const beta: StackNode = { name: "beta", address: "192.0.2.22", role: "worker", disk: "/dev/sda" };

const values: StackValues = {
  cluster: { name: "home", endpoint: "https://192.0.2.10:6443", talosContract: "v1.13" },
  network: { nodeCidr: "192.0.2.0/24", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" },
  versions: { talos: "v1.13.9", kubernetes: "v1.36.3", cilium: "1.20.1" },
  schematicId: "a".repeat(64),
  nodes: [alpha, { ...nas, schematicId: "b".repeat(64), patches: [{ machine: { time: {} } }, { magic: 1 }] }],
  patches: {
    common: [{ machine: { certSANs: ["192.0.2.10", "192.0.2.110", "192.0.2.1"] } }],
    controlplane: [
      { apiVersion: "v1alpha1", kind: "Layer2VIPConfig", name: "192.0.2.10", link: "enp1s0" },
      { apiVersion: "v1alpha1", kind: "HolographicConfig", name: "x" },
      { machine: { time: { $patch: "delete", servers: ["192.0.2.0/24"] } } },
    ],
  },
  upgrades: { workersAtOnce: 2 },
  github: { owner: "me", repository: "mine" },
  git: { url: "ssh://git@git.example.com/me/mine.git" },
  tree: "../mine/cluster",
  ageKeyFile: "~/key",
  secretsFile: "~/secrets.yaml",
  protect: true,
};

/** As the lab writes its own stack file. */
const own = {
  "pulumi:disable-default-providers": ["kubernetes", "github"],
  "home-ops:cluster": { name: "rehearse-home" },
  "home-ops:github": { owner: "home", repository: "home-cluster", baseUrl: "http://127.10.7.2:3080/" },
  "home-ops:git": { url: "ssh://git@127.10.7.2:2222/home/home-cluster.git", knownHosts: ["x"] },
  "home-ops:tree": ".lab/rehearse-home/repo/cluster",
  "home-ops:ageKeyFile": ".lab/rehearse-home/secrets/age.txt",
  "home-ops:protect": false,
};

function mapped(stack: StackValues = values): ReturnType<typeof labStack> {
  const machines = machinesOf(stack, stack);
  const layout = layoutOf("/project", "rehearse-home", { machines: shapeOf(machines), older: true }, 7);
  return labStack(stack, livingNodes(stack), {
    layout,
    own,
    addresses: addressesIn(layout, machines),
    versions: { talos: "v1.12.9", kubernetes: "v1.35.4", cilium: "1.20.1", flux: "v2.9.4" },
    talosContract: "v1.12",
  });
}

describe("labStack", () => {
  it("takes over what is the stack's, with the lab's addresses and accounts", () => {
    expect(mapped().config).toStrictEqual({
      ...own,
      "home-ops:cluster": { name: "home", endpoint: "https://127.10.7.10:6443", talosContract: "v1.12" },
      "home-ops:network": {
        nodeCidr: "127.10.7.0/24",
        podCidr: "10.244.0.0/16",
        serviceCidr: "10.96.0.0/12",
      },
      "home-ops:versions": { talos: "v1.12.9", kubernetes: "v1.35.4", cilium: "1.20.1" },
      "home-ops:schematicId": "a".repeat(64),
      "home-ops:nodes": [
        { name: "alpha", address: "127.10.7.11", role: "controlplane", disk: "/dev/vda" },
        {
          name: "nas",
          address: "127.10.7.21",
          role: "worker",
          disk: "/dev/vda",
          schematicId: "b".repeat(64),
          patches: [{ machine: { time: {} } }],
        },
      ],
      "home-ops:patches": {
        common: [{ machine: { certSANs: ["127.10.7.10", "192.0.2.110", "192.0.2.1"] } }],
        controlplane: [
          { apiVersion: "v1alpha1", kind: "Layer2VIPConfig", name: "127.10.7.10", link: "enp1s0" },
          { machine: { time: { $patch: "delete", servers: ["127.10.7.0/24"] } } },
        ],
      },
      "home-ops:upgrades": { workersAtOnce: 2 },
    });
  });

  it("names what a machine of the lab would refuse", () => {
    expect(mapped().left).toStrictEqual([
      "patches of nas[1]: missing kind",
      'patches.controlplane[1]: "HolographicConfig" "v1alpha1": not registered',
    ]);
  });

  it("is valid for the program", () => {
    const raw = Object.fromEntries(
      Object.entries(mapped().config)
        .filter(([key]) => key.startsWith("home-ops:"))
        .map(([key, value]) => [key.slice("home-ops:".length), value]),
    );
    delete (raw as { git?: unknown }).git;
    const { config, problems } = checkStack(raw);
    assert.ok(config, JSON.stringify(problems));
  });

  it("leaves patches with an encrypted value out, which only its stack can read", () => {
    const hidden = { machine: { env: { A: { secure: "v1:abc" } } } };
    const { config, left } = mapped({ ...values, patches: { common: [hidden, { machine: {} }] } });
    expect(config["home-ops:patches"]).toStrictEqual({ common: [{ machine: {} }] });
    expect(left).toContain("patches.common[0]: holds an encrypted value, which stays with its stack");
  });

  it("keeps the address of the one control plane apart from the endpoint", () => {
    const { config } = mapped({
      ...values,
      cluster: { ...values.cluster, endpoint: "https://192.0.2.11:6443" },
      patches: { common: [{ machine: { certSANs: ["192.0.2.11"] } }] },
    });
    expect(config["home-ops:patches"]).toStrictEqual({
      common: [{ machine: { certSANs: ["127.10.7.11"] } }],
    });
    expect((config["home-ops:cluster"] as { endpoint: string }).endpoint).toBe("https://127.10.7.10:6443");
  });
});

describe("translator", () => {
  it("leaves longer numbers alone", () => {
    const translate = translator(
      new Map([
        ["192.0.2.1", "A"],
        ["192.0.2.0/24", "N"],
      ]),
    );
    expect(translate("192.0.2.1:53, 192.0.2.1. 192.0.2.10 1192.0.2.1 192.0.2.1.5 192.0.2.0/24")).toBe(
      "A:53, A. 192.0.2.10 1192.0.2.1 192.0.2.1.5 N",
    );
  });
});

describe("the machines of a rehearsal", () => {
  const with_ = (...nodes: StackNode[]): StackValues => ({ ...values, nodes });

  it("are those before the bump, and what is added waits as a spare", () => {
    expect(machinesOf(with_(alpha, nas), with_(alpha, beta))).toStrictEqual([
      { name: "alpha", address: "192.0.2.11", role: "controlplane" },
      { name: "nas", address: "192.0.2.21", role: "worker" },
      { name: "beta", address: "192.0.2.22", role: "spare" },
    ]);
  });

  it("are two where a name gets another address", () => {
    const machines = machinesOf(with_(alpha, nas), with_(alpha, { ...nas, address: "192.0.2.30" }));
    expect(machines.map(({ name }) => name)).toStrictEqual(["alpha", "nas", "nas-new"]);
    const layout = layoutOf("/project", "x", { machines: shapeOf(machines), older: true }, 7);
    expect(addressesIn(layout, machines).get("192.0.2.30")).toBe("127.10.7.101");
  });

  it("are without those that were dead before, and with those that die", () => {
    const [from, to] = [
      with_(alpha, nas, { ...beta, gone: true }),
      with_(alpha, { ...nas, gone: true }, { ...beta, gone: true }),
    ];
    expect(machinesOf(from, to).map(({ name }) => name)).toStrictEqual(["alpha", "nas"]);
    expect(dyingMachines(from, to)).toStrictEqual(["nas"]);
    expect(nodesAfter(from, to).map(({ name }) => name)).toStrictEqual(["alpha", "nas"]);
  });
});
