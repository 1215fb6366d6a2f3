// `npm run plan`: what `up` would do, said beforehand, from the state and the config alone.
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { ports } from "../../lab/layout.ts";
import { publishLayout } from "../../lab/registry/publish.ts";
import { ensureTools } from "../../tools/ensureTools.ts";
import { tool } from "../../tools/toolbox.ts";
import type { Plan } from "../../commands/plan/types.ts";
import { planRow } from "./planRow.ts";
import { untilWhole } from "./roll.ts";
import { leaks } from "./secrets.ts";
import { secretsOf } from "./secretsOf.ts";
import { TestLab, type CommandResult, type ConfigChange } from "./testLab.ts";

jest.setTimeout(900_000);

describe("npm run plan", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("small");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const run = (...flags: string[]): Promise<CommandResult> =>
    lab.run("npm", ["run", "-s", "plan", "--", ...flags]);
  /** The plan as JSON, with the exit code that it must have. */
  async function plan(code: number): Promise<Plan> {
    const result = await run("--json");
    assert.equal(result.code, code, result.output);
    return JSON.parse(result.stdout) as Plan;
  }
  it("says when nothing changes", async () => {
    const { code, stdout, output } = await run();
    assert.equal(code, 0, output);
    expect(stdout).toBe(`Stack ${lab.name}: nothing changes.\n`);
    expect((await plan(0)).steps).toStrictEqual([]);
  });

  const versions = (changed: object): ConfigChange => ({
    versions: (value) => ({ ...value, ...changed }),
  });

  it("shows a bump of Talos machine by machine, with everything switched off", () =>
    lab.withConfig(versions({ talos: "v1.13.9" }), async () => {
      for (const { name } of lab.layout.machines) await lab.cli("fault", "off", name);
      const { rows, machineConfigs } = await plan(1);
      for (const { name } of lab.layout.machines) await lab.cli("fault", "off", name, "--off");
      expect(rows.map(planRow)).toStrictEqual([
        "k8s-1 Talos drain and reboot v1.12.0>v1.13.9",
        "k8s-2 Talos drain and reboot v1.12.0>v1.13.9",
      ]);
      expect(machineConfigs.map(({ of }) => of)).toStrictEqual([["k8s-1", "k8s-2"]]);
      expect(machineConfigs[0]?.diff ?? "").toMatch(/-.*:v1\.12\.0\n\+.*:v1\.13\.9$/m);
      // The rest needs no cluster either, but Kubernetes' provider looks for one for a minute before it goes on.
      await untilWhole(lab);
    }));

  it("prints a table for people and one for a pull request", () =>
    lab.withConfig(versions({ talos: "v1.13.9" }), async () => {
      const terminal = await run();
      expect(terminal.code).toBe(1);
      expect(terminal.stdout).toMatch(
        /^k8s-1 +Talos +v1\.12\.0 → v1\.13\.9 +drain and reboot +about \d+ min$/m,
      );
      const markdown = await run("--markdown");
      expect(markdown.code).toBe(1);
      expect(markdown.stdout).toMatch(
        /^\| k8s-2 \| Talos \| <code>v1\.12\.0 → v1\.13\.9<\/code> \| drain and reboot \|/m,
      );
      expect(markdown.stdout).toMatch(/<details><summary>machine config of k8s-1, k8s-2<\/summary>/);
    }));

  it("tells a patch that Talos takes at once from one that reboots", () =>
    lab.withConfig(
      {
        patches: () => ({
          common: [{ machine: { nodeLabels: { "topology.kubernetes.io/zone": "kitchen" } } }],
          worker: [
            {
              machine: { files: [{ path: "/var/etc/motd", permissions: 420, op: "create", content: "hi" }] },
            },
          ],
        }),
      },
      async () => {
        const { rows } = await plan(1);
        expect(rows.map(({ on, what, impact }) => [...on, what, impact])).toStrictEqual([
          ["k8s-1", "machine config", "live"],
          ["k8s-2", "machine config", "reboot"],
        ]);
      },
    ));

  it("shows another endpoint, which stands in the secret base config", () =>
    lab.withConfig(
      { cluster: (value) => ({ ...value, endpoint: "https://home.example.com:6443" }) },
      async () => {
        const { rows, warnings } = await plan(1);
        const of = rows.find(({ on }) => on.includes("k8s-1"));
        const change = of?.changes.find(({ name }) => name === "cluster.controlPlane.endpoint");
        assert.equal(change?.to, "https://home.example.com:6443", JSON.stringify(rows));
        expect(change?.from ?? "").toMatch(/^https:\/\//);
        expect(warnings.join()).toMatch(
          /the Kubernetes API does not answer while its only server starts again/,
        );
      },
    ));

  it("shows changed values of Cilium", () =>
    lab.withFile(
      join(lab.layout.repo, "cluster", "bootstrap", "cilium", "values.yaml"),
      (right) => `${right}\ndebug:\n  enabled: true\n`,
      async () => {
        const { rows, ciliumValues } = await plan(1);
        expect(rows.map(planRow)).toStrictEqual(["Cilium chart restart >true"]);
        expect(ciliumValues).toBe("+debug:\n+  enabled: true");
      },
    ));

  const fluxFile = (): string => join(lab.layout.repo, "cluster", "flux", "config", "flux.yaml");
  const withFlux = (test: () => Promise<void>): Promise<void> =>
    lab.withFile(fluxFile(), (right) => right.replace("tag: v2.9.4", "tag: v2.7.3"), test);

  it("shows another Flux as one row, and goes on when the registry cannot be reached", () =>
    withFlux(() =>
      lab.withFault(["host-down:ghcr.io"], async () => {
        const { rows, fluxBundle } = await plan(1);
        expect(rows.map(planRow)).toStrictEqual(["Flux version restart v2.9.4>v2.7.3"]);
        expect(fluxBundle?.problem ?? "").toMatch(/ghcr\.io/);
      }),
    ));

  it("shows what another Flux installs, object by object", async () => {
    const toolbox = await ensureTools({ keys: ["crane", "flux-manifests@v2.7.3"] });
    await publishLayout(
      { host: `${lab.layout.servicesAddress}:${String(ports.registry)}` },
      tool(toolbox, "crane"),
      tool(toolbox, "flux-manifests@v2.7.3"),
      "ghcr.io/fluxcd/flux-manifests:v2.7.3",
    );
    await withFlux(async () => {
      const { fluxBundle } = await plan(1);
      expect(fluxBundle?.problem).toBe(undefined);
      const images =
        fluxBundle?.changed.filter(({ of: [name = ""] }) => name.startsWith("Deployment ")) ?? [];
      expect(images.length).toBeGreaterThanOrEqual(3);
      for (const { diff } of images) expect(diff).toMatch(/^-.*image: .*\n\+.*image: /m);
    });
  });

  it("calls a machine that goes destructive", () =>
    lab.withConfig({ nodes: (nodes) => (nodes as object[]).slice(0, 1) }, async () => {
      const { rows, outcome } = await plan(3);
      expect(outcome).toBe("destructive");
      expect(rows.filter(({ destructive }) => destructive).map(planRow)).toStrictEqual([
        "k8s-2 leaves the cluster wipe",
      ]);
    }));

  it("says once and cleanly what is wrong with the config", () =>
    lab.withConfig(versions({ talos: "1.12" }), async () => {
      const { code, output } = await run();
      expect(code).toBe(2);
      assert.equal([...output.matchAll(/versions\.talos/g)].length, 1, output);
      expect(output).not.toMatch(/preview failed|\bat .*\.ts:\d|"diagnostics"/);
    }));

  it("says that there is no such stack", async () => {
    const { code, output } = await run("--stack", "nothing-here");
    expect(code).toBe(2);
    expect(output).toMatch(/^no stack named 'nothing-here' found/);
  });

  it("prints no secret in any of this", async () => {
    const printed = lab.printed.filter(({ name }) => name.includes(" plan "));
    expect(printed.length).toBeGreaterThan(10);
    expect(leaks(await secretsOf(lab), printed)).toStrictEqual([]);
  });
});
