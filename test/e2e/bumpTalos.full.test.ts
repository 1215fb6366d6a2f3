// One line of the stack config changes, `up` takes the machines there: Talos, its schematic, Kubernetes. Machines go one at
// a time, the API answers all the while, and nothing that cannot be had is begun.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { proxyEnvironment } from "../../lab/proxy/environment.ts";
import { assertPreview } from "./changes.ts";
import { newest, oldest } from "./savedLab.ts";
import { project, TestLab } from "./testLab.ts";
import { kubelets, talosVersions } from "./versions.ts";
import { finishWhileWatched } from "./watch.ts";

jest.setTimeout(1_200_000);

const machines = ["k8s-1", "k8s-2", "k8s-3", "k8s-4", "k8s-5"];
const all = (version: string): readonly string[] => machines.map(() => version);
const perMachine = (...lines: readonly ((machine: string) => string)[]): readonly string[] =>
  machines.flatMap((machine) => lines.map((line) => line(machine)));
/** A new config for each machine, sent after it was looked at once more, and waited for. */
const newConfig = [
  (machine: string) => `talos-${machine}-inspect update environment.CONFIG_HASH`,
  (machine: string) => `talos-${machine}-config update configPatches[0]`,
  (machine: string) => `talos-${machine}-member update environment.CONFIG_HASH`,
];

describe("a bump of Talos and Kubernetes", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("ha");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const snapshots = (): number =>
    readdirSync(join(project, "backups", lab.name)).filter((file) => file.endsWith("-etcd.db.age")).length;

  it("stops before any machine is touched when the Image Factory does not have the version", async () => {
    lab.setVersions({ talos: "v1.12.9" });
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(
      /k8s-\d cannot pull factory\.talos\.dev\/metal-installer\/\w+:v1\.12\.9: its registry does not have it/,
    );
    expect(output).toMatch(/no machine has been touched; check that this version exists/);
    expect(await talosVersions(lab)).toStrictEqual(all(oldest.talos));
  });

  it("shows one changed version per machine", async () => {
    lab.setVersions({ talos: newest.talos });
    const change = `environment.TALOS_VERSION: ${oldest.talos} → ${newest.talos}`;
    await assertPreview(lab, [
      `talos-prepare update ${change}`,
      ...perMachine((machine) => `talos-${machine}-os update ${change}`, ...newConfig),
    ]);
  });

  it("takes Talos to the next minor, machine by machine", async () => {
    await finishWhileWatched(lab);
    expect(await talosVersions(lab)).toStrictEqual(all(newest.talos));
    expect(snapshots()).toBe(1);
  });

  it("takes the machines to another schematic of the same version", async () => {
    const before = (await lab.status()).machines[0]?.schematic ?? "";
    const schematic = await newSchematic(lab);
    lab.changeConfig({ schematicId: () => schematic });
    const change = `environment.SCHEMATIC_ID: ${before} → ${schematic}`;
    await assertPreview(lab, [
      "talos-prepare update environment.MACHINES",
      ...perMachine(
        (machine) => `talos-${machine}-os update ${change}`,
        (machine) => `talos-${machine}-os update environment.INSTALLER`,
        ...newConfig,
      ),
    ]);
    await finishWhileWatched(lab);
    const members = (await lab.status()).machines.filter(({ role }) => role !== undefined);
    expect(members.map(({ schematic: found }) => found)).toStrictEqual(all(schematic));
    expect(await talosVersions(lab)).toStrictEqual(all(newest.talos));
    expect(snapshots()).toBe(2);
  });

  it("stops before any machine is touched when the registries do not have the Kubernetes", async () => {
    lab.setVersions({ kubernetes: "v1.35.9" });
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(
      /k8s-\d cannot pull ghcr\.io\/siderolabs\/kubelet:v1\.35\.9: its registry does not have it/,
    );
    expect(await kubelets(lab)).toStrictEqual(all(oldest.kubernetes));
  });

  it("takes Kubernetes to the next minor", async () => {
    lab.setVersions({ kubernetes: newest.kubernetes });
    const change = `environment.KUBERNETES_VERSION: ${oldest.kubernetes} → ${newest.kubernetes}`;
    await assertPreview(lab, [
      `talos-prepare update ${change}`,
      `talos-kubernetes update ${change}`,
      ...perMachine(
        (machine) => `talos-${machine}-inspect update environment.CONFIG_HASH`,
        (machine) => `talos-${machine}-config update configPatches[4]`,
        (machine) => `talos-${machine}-member update environment.CONFIG_HASH`,
      ),
    ]);
    await finishWhileWatched(lab);
    expect(await kubelets(lab)).toStrictEqual(all(newest.kubernetes));
    expect(snapshots()).toBe(3);
  });

  it("goes neither back nor two minors ahead, and says which way would work", async () => {
    lab.setVersions({ talos: "v1.11.6", kubernetes: "v1.37.0" });
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(/the cluster has Talos v1\.12\.0, asked is the older v1\.11\.6 → /);
    expect(output).toMatch(
      /the cluster has Kubernetes v1\.35\.4, asked is v1\.37\.0, 2 minors ahead → .*v1\.36/,
    );
    expect(await talosVersions(lab)).toStrictEqual(all(newest.talos));
  });
});

/** Tells the lab's Image Factory a schematic, as a user does with curl. @returns its id */
async function newSchematic(lab: TestLab): Promise<string> {
  const program = `
    const body = JSON.stringify({ customization: { systemExtensions: { officialExtensions: ["siderolabs/iscsi-tools"] } } });
    const answer = await fetch("https://factory.talos.dev/schematics", { method: "POST", body });
    console.log((await answer.json()).id);`;
  const { code, output, stdout } = await lab.run(
    process.execPath,
    ["--input-type=module", "--eval", program],
    proxyEnvironment(lab.layout),
  );
  assert.equal(code, 0, output);
  return stdout.trim();
}
