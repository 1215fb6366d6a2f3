// The day after: one line of the stack config changes, `up` takes the cluster there. Machines go one at a time, the API
// answers all the while, and what goes wrong stops the roll with the rest untouched.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { KubeObject } from "./handOffFacts.ts";
import { Prober } from "./prober.ts";
import { assertNoChange, project, TestLab } from "./testLab.ts";

const old = { talos: "v1.11.6", kubernetes: "v1.34.4" };

await describe("version bumps on three control planes and two workers", { timeout: 900_000 }, async () => {
  let lab: TestLab;
  let backups: string;
  before(async () => {
    lab = await TestLab.start("bumps", "lab-ha");
    backups = join(project, "backups", lab.name);
  });
  after(async () => {
    await lab.destroy();
    rmSync(backups, { recursive: true, force: true });
  });

  type Change = Record<string, (value: object) => unknown>;
  /** The stack config with these versions, for the time of a test. The contract is what the cluster was born with. */
  const withVersions = (versions: object, test: () => Promise<void>): Promise<void> =>
    lab.withConfig(
      {
        versions: (value) => ({ ...value, ...versions }),
        cluster: (value) => ({ ...value, talosContract: "v1.11" }),
        upgrades: () => ({ drainSeconds: 10, rebootSeconds: 60 }),
      } satisfies Change,
      test,
    );
  const talosVersions = async (): Promise<readonly string[]> =>
    (await lab.status()).machines.map(({ talos }) => talos);
  const kubelets = async (): Promise<readonly string[]> =>
    (await lab.get<{ items: KubeObject[] }>(["nodes"])).items.map(
      ({ status }) => (status as unknown as { nodeInfo: { kubeletVersion: string } }).nodeInfo.kubeletVersion,
    );
  const all = (version: string): readonly string[] => Array.from({ length: 5 }, () => version);

  /** One up during which the API is asked all the time. */
  async function finishWhileProbed(): Promise<string> {
    const prober = new Prober(lab);
    const { output } = await lab.finish();
    const longest = await prober.stop();
    assert.ok(longest < 5_000, `the API did not answer for ${String(longest)} ms`);
    return output;
  }

  await it("begins at the older versions", () =>
    withVersions(old, async () => {
      await lab.finish();
      assert.deepEqual(await talosVersions(), all(old.talos));
      assert.deepEqual(await kubelets(), all(old.kubernetes));
    }));

  const newTalos = { ...old, talos: "v1.12.0" };

  await it("shows the version per machine in the preview of a Talos bump", () =>
    withVersions(newTalos, async () => {
      const preview = await lab.preview();
      assert.equal([...preview.matchAll(/TALOS_VERSION\s*: "v1\.11\.6" => "v1\.12\.0"/g)].length, 6);
    }));

  await it("stops at a pod that cannot be evicted, before the machine is touched", () =>
    withVersions(newTalos, async () => {
      const budget = ["poddisruptionbudget", "nobody", "-n", "default"];
      await lab.ok(
        "kubectl",
        "create",
        ...budget,
        "--selector=app.kubernetes.io/name=smtp-relay",
        "--min-available=100%",
      );
      const { code, output } = await lab.up();
      await lab.ok("kubectl", "delete", ...budget);
      assert.notEqual(code, 0, output);
      assert.match(output, /k8s-[45]: all pods evicted: not there after 10 s/);
      assert.match(output, /smtp-relay.* cannot be evicted: .*disruption budget/);
      const nodes = await lab.get<{ items: KubeObject[] }>(["nodes"]);
      assert.ok(
        nodes.items.every(({ spec }) => spec?.["unschedulable"] === undefined),
        "nothing stays cordoned",
      );
    }));

  await it("stops at an installer that fails, and leaves the machines behind it alone", () =>
    withVersions(newTalos, async () => {
      const before = await talosVersions();
      const at = before.indexOf(old.talos);
      const name = `k8s-${String(at + 1)}`;
      await lab.withFault(["installerFails", name], async () => {
        const { code, output } = await lab.up();
        assert.notEqual(code, 0, output);
        assert.match(output, new RegExp(`${name}: the installer failed: .*exit code 1`));
      });
      assert.deepEqual(await talosVersions(), before);
    }));

  await it("is finished by the next up, one machine at a time, with the API there", () =>
    withVersions(newTalos, async () => {
      await finishWhileProbed();
      assert.deepEqual(await talosVersions(), all(newTalos.talos));
      assertNoChange(await lab.preview());
    }));

  await it("has taken one snapshot of etcd, which only the age key opens", () => {
    const [snapshot, ...more] = readdirSync(backups);
    assert.deepEqual(more, []);
    assert.ok(existsSync(join(backups, snapshot ?? "")));
    assert.match(
      readFileSync(join(backups, snapshot ?? ""))
        .subarray(0, 30)
        .toString(),
      /^age-encryption\.org\/v1/,
    );
  });

  const newBoth = { talos: "v1.12.0", kubernetes: "v1.35.4" };

  await it("takes Kubernetes to the next minor", () =>
    withVersions(newBoth, async () => {
      assert.match(await lab.preview(), /KUBERNETES_VERSION\s*: "v1\.34\.4" => "v1\.35\.4"/);
      await finishWhileProbed();
      assert.deepEqual(await kubelets(), all(newBoth.kubernetes));
      assertNoChange(await lab.preview());
    }));

  await it("refuses to go back, before any machine is touched", () =>
    withVersions({ ...newBoth, talos: "v1.11.6", kubernetes: "v1.34.4" }, async () => {
      const { code, output } = await lab.up();
      assert.notEqual(code, 0, output);
      assert.match(output, /the cluster has Talos v1\.12\.0, asked is the older v1\.11\.6 → /);
      assert.match(output, /the cluster has Kubernetes v1\.35\.4, asked is the older v1\.34\.4 → /);
      assert.deepEqual(await talosVersions(), all(newBoth.talos));
    }));
});
