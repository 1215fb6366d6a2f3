// Machine config patches in front of the real talosctl. No lab: it is here because the program has to be built.
import assert from "node:assert/strict";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { checkPatches } from "../../src/config/checks/patches.ts";
import { talosctlOnPath, checkWithTalosctl } from "../../src/config/patches/talosctlCheck.ts";
import type { Values } from "../../src/config/readStack.ts";
import { leavesOf } from "../../src/config/walk.ts";
import { SecretText } from "../../src/config/secretText.ts";
import { run } from "../../src/steps/run.ts";
import { ensureTools } from "../../tools/ensureTools.ts";
import { problemText, type Findings } from "../../src/config/problem.ts";

type Patch = Record<string, unknown>;

describe("patches in front of talosctl", () => {
  let version = "";
  let talosctl = talosctlOnPath;

  beforeAll(async () => {
    const { talosctl: path = "talosctl" } = await ensureTools({ keys: ["talosctl"] });
    talosctl = async (args) => run(path, args, { timeoutSeconds: 60, signal: new AbortController().signal });
    version = /Tag:\s+(v\S+)/.exec((await talosctl(["version", "--client"])).stdout)?.[1] ?? "";
  });

  async function check(values: Values): Promise<Findings> {
    return checkWithTalosctl({ versions: { talos: version }, ...values }, talosctl);
  }

  /** Messages about one common patch, without the address of the reference. */
  async function about(patch: Patch): Promise<readonly string[]> {
    const { problems, warnings } = await check({
      patches: { common: [patch] },
      nodes: [{ role: "controlplane" }],
    });
    expect(warnings).toStrictEqual([]);
    return problems.map((one) =>
      `${one.path.replace("patches.common[0]", "")}: ${problemText(one)}`.replace(
        / → write it as Talos has it: https:\S+$/,
        "",
      ),
    );
  }

  const document = (kind: string, fields: Patch): Patch => ({ apiVersion: "v1alpha1", kind, ...fields });
  const wireguard = (privateKey: unknown): Patch => ({
    machine: { network: { interfaces: [{ interface: "wg0", wireguard: { privateKey } }] } },
  });

  const refused: readonly (readonly [patch: Patch, message: string])[] = [
    [{ machine: { nope: { x: { y: 1 } } } }, ".machine.nope: unknown key"],
    [{ machine: { install: { nope: 1 } } }, ".machine.install.nope: unknown key"],
    [
      { machine: { network: { interfaces: [{ interface: "a" }, { interface: "b", dhcpx: true }] } } },
      ".machine.network.interfaces[1].dhcpx: unknown key",
    ],
    [{ machine: { sysctls: [1] } }, ".machine.sysctls: is a list, and Talos expects names with texts"],
    [{ machine: { certSANs: "x" } }, ".machine.certSANs: is a text, and Talos expects a list of texts"],
    [
      { cluster: { allowSchedulingOnControlPlanes: "maybe" } },
      ".cluster.allowSchedulingOnControlPlanes: is a text, and Talos expects true or false",
    ],
    [
      { machine: { time: { bootTimeout: "5x" } } },
      ".machine.time.bootTimeout: is a text, and Talos expects a duration, e.g. 5m",
    ],
    [
      document("Layer2VIPConfi", { name: "192.0.2.10" }),
      ".kind: Layer2VIPConfi is no kind of document that this Talos knows → did you mean Layer2VIPConfig?",
    ],
    [document("Layer2VIPConfig", { name: "192.0.2.10", lnk: "enp1s0" }), ".lnk: unknown key"],
    [
      document("Layer2VIPConfig", { name: "192.0.2.10" }),
      ": is refused: Layer2VIPConfig/192.0.2.10: link must be specified",
    ],
    [{ machine: { nodeLabels: { "a b": "c" } } }, ': is refused: name "a b" is invalid'],
    [wireguard(new SecretText("hush")), ": is refused, in words that may hold the secret and are left out"],
    [
      { machine: { kubelet: { extraArgs: new SecretText("hush") } } },
      ".machine.kubelet.extraArgs: is a text, and Talos expects names with texts",
    ],
    [{ machine: { nope: new SecretText("hush") } }, ".machine.nope: unknown key"],
  ];
  for (const [patch, message] of refused)
    it(`are refused: ${JSON.stringify(patch)}`, async () => {
      expect(await about(patch)).toStrictEqual([message]);
    });

  it("pass together, with their secrets and with what they take away, in well under a second", async () => {
    const values = {
      nodes: [
        { role: "controlplane" as const },
        { role: "worker" as const, patches: [{ machine: { nodeLabels: { gpu: "true" } } }] },
      ],
      patches: {
        common: [
          { machine: { time: { servers: ["time.cloudflare.com"] } } },
          document("ExtensionServiceConfig", {
            name: "tailscale",
            environment: [new SecretText("TS_AUTHKEY=x"), "TS_ROUTES=10.0.0.0/8"],
          }),
          { machine: { network: { kubespan: { enabled: true } } } },
          { machine: { registries: { mirrors: { "ghcr.io": { endpoints: ["https://mirror.example"] } } } } },
          { machine: { kernel: { modules: [{ name: "nbd" }] }, nodeTaints: { a: "b:NoSchedule" } } },
          document("UserVolumeConfig", {
            name: "data",
            provisioning: { diskSelector: { match: "disk.transport == 'nvme'" }, minSize: "10GiB" },
          }),
          wireguard(new SecretText(Buffer.alloc(32, 7).toString("base64"))),
          {
            machine: {
              nodeLabels: { "node.kubernetes.io/exclude-from-external-load-balancers": { $patch: "delete" } },
            },
          },
        ],
        controlplane: [
          {
            cluster: {
              allowSchedulingOnControlPlanes: true,
              apiServer: { admissionControl: { $patch: "delete" } },
            },
          },
          { cluster: { etcd: { extraArgs: { "listen-metrics-urls": "http://0.0.0.0:2381" } } } },
          {
            machine: {
              features: {
                kubernetesTalosAPIAccess: {
                  enabled: true,
                  allowedRoles: ["os:reader"],
                  allowedKubernetesNamespaces: ["x"],
                },
              },
            },
          },
          document("Layer2VIPConfig", { name: "192.0.2.10", link: "enp1s0" }),
        ],
        worker: [document("VolumeConfig", { name: "EPHEMERAL", $patch: "delete" })],
      },
    };
    expect(await check(values)).toStrictEqual({ problems: [], warnings: [] });
  });

  it("are each named where several are wrong, and those of one machine by its place", async () => {
    const { problems } = await check({
      nodes: [{ role: "worker", patches: [{ machine: {} }, { machine: { sysctl: {} } }] }],
      patches: { common: [{ machine: { nope: 1 } }, { machine: {} }], worker: [{ machine: { alsoNot: 1 } }] },
    });
    expect(problems.map(({ path }) => path)).toStrictEqual([
      "patches.common[0].machine.nope",
      "patches.worker[0].machine.alsoNot",
      "nodes[0].patches[1].machine.sysctl",
    ]);
  });

  it("are refused at everything that Talos generates from this program's own inputs, and free at the rest", async () => {
    for (const role of ["controlplane", "worker"] as const) {
      const { stdout, stderr } = await talosctl([
        ...["gen", "config", "home", "https://192.0.2.10:6443", "--output-types", role, "--output", "-"],
        ...["--with-docs=false", "--with-examples=false"],
      ]);
      const [config] = parseAllDocuments(stdout).map((document) => document.toJS() as Patch);
      assert.ok(config, stderr);
      const allowed = leavesOf(config)
        .map(([path]) => path.filter((segment) => typeof segment === "string"))
        .filter((path) => {
          const patch = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), "x") as Patch;
          return checkPatches({ patches: { common: [patch] } }).length === 0;
        })
        .map((path) => path.join("."));
      expect(
        allowed.filter((path) => !free.some((one) => path === one || path.startsWith(`${one}.`))),
      ).toStrictEqual([]);
    }
  });
});

/** Parts of the generated config that people may change: nothing of this program is made of them. */
const free = [
  ...["version", "debug", "persist", "machine.certSANs", "machine.network", "machine.nodeLabels"],
  "machine.kubelet.defaultRuntimeSeccompProfileEnabled",
  "machine.kubelet.disableManifestsDirectory",
  "machine.install.grubUseUKICmdline",
  "machine.features.diskQuotaSupport",
  "machine.features.hostDNS",
  "cluster.apiServer.certSANs",
  "cluster.apiServer.admissionControl",
  "cluster.apiServer.auditPolicy",
  "cluster.proxy.image",
  "cluster.discovery",
];
