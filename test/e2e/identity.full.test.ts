// Machines that are not what the state takes them for: under another name, wiped behind Pulumi's back, gone before they were
// wiped. Nothing is reset that is not asked first, everything is said, and there is a way out without `pulumi state`.
import assert from "node:assert/strict";
import { writeFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { StackState } from "../../commands/pulumi/state.ts";
import { withoutResources } from "../../commands/recover/stateEdit.ts";
import { assertNoChange, TestLab, type CommandResult } from "./testLab.ts";

jest.setTimeout(1_200_000);

interface AskedMachine {
  readonly name: string;
  readonly address: string;
  readonly [key: string]: unknown;
}

// Begins at TestLab.restored("small").
describe("machines that are not what they are taken for", () => {
  let lab: TestLab;
  let nodes: readonly AskedMachine[] = [];
  beforeAll(async () => {
    lab = await TestLab.restored("small");
    lab.changeConfig({ nodes: (found) => (nodes = found as readonly AskedMachine[]) });
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const addressOf = (name: string): string => nodes.find((node) => node.name === name)?.address ?? "";
  const workerChanged = (fields: object): readonly AskedMachine[] =>
    nodes.map((node) => (node.name === "k8s-2" ? { ...node, ...fields } : node));
  const stateOfWorker = async (): Promise<string> => {
    const { machines } = await lab.status();
    return machines.find(({ address }) => address === addressOf("k8s-2"))?.state ?? "";
  };
  const becomes = async (state: string): Promise<void> => {
    await lab.until(`k8s-2 ${state}`, async () => (await stateOfWorker()) === state);
  };
  const wipeByHand = async (): Promise<void> => {
    const address = addressOf("k8s-2");
    const words = ["reset", "--graceful=false", "--reboot", "--wait=false"];
    await lab.ok("talosctl", "-n", address, "-e", address, ...words);
    await becomes("maintenance");
  };
  const plainUp = async (): Promise<CommandResult> =>
    lab.run("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive"]);
  const npm = async (...words: readonly string[]): Promise<CommandResult> =>
    lab.run("npm", ["run", "-s", ...words]);
  /** The worker has left the cluster, and its wipe does not come: as after a removal that failed there. */
  const leavesWithoutWipe = async (): Promise<void> => {
    await lab.ok("kubectl", "delete", "node", "k8s-2");
    const state = JSON.parse(await lab.ok("pulumi", "stack", "export")) as StackState;
    const member = (state.deployment.resources ?? []).find(({ urn }) => urn.endsWith("::talos-k8s-2-member"));
    assert.ok(member);
    const file = join(lab.layout.secrets, "state.json");
    writeFileSync(file, JSON.stringify(withoutResources(state, [member.urn])));
    await lab.ok("pulumi", "stack", "import", "--file", file);
    rmSync(file);
    lab.changeConfig({ nodes: () => nodes.filter(({ name }) => name !== "k8s-2") });
  };

  it("one under another name is refused, and goes on", async () => {
    const renamed = workerChanged({ name: "attic" });
    await lab.withConfig({ nodes: () => renamed }, async () => {
      const { code, output } = await plainUp();
      assert.notEqual(code, 0, output);
      expect(output).toMatch(/nodes\[1\]\.name: [\d.]+ is the address of k8s-2, which is in nodes no longer/);
    });
    expect(await stateOfWorker()).toBe("running");
  });

  it("one that was wiped outside shows at the next run, and joins as the next generation", async () => {
    await wipeByHand();
    const said = /k8s-2 \([\d.]+\) is in maintenance mode, but was a machine of this cluster/;
    const preview = await lab.previewed();
    expect(preview.output).toMatch(said);
    assertNoChange(preview);
    expect((await npm("plan")).output).toMatch(said);
    expect((await npm("doctor")).output).toMatch(/k8s-2 .*maintenance mode[\s\S]*generation: 2/);
    const { code, output } = await plainUp();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(said);
    expect(output).toMatch(/→ set generation: 2 on k8s-2 in the stack config/);
    nodes = workerChanged({ generation: 2 });
    lab.changeConfig({ nodes: () => nodes });
    await lab.finish();
    expect(await stateOfWorker()).toBe("running");
    assertNoChange(await lab.previewed());
  });

  it("one that has left and is wiped is forgotten by npm run up", async () => {
    await leavesWithoutWipe();
    await wipeByHand();
    const { code, output } = await plainUp();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(
      /k8s-2 has left the cluster and is wiped; only the state still has it\s+→ npm run recover/,
    );
    const up = await lab.finish();
    expect(up.output).toMatch(/recovered: k8s-2 \([\d.]+\) is in maintenance mode/);
    assertNoChange(await lab.previewed());
    lab.changeConfig({ nodes: () => nodes });
    await lab.finish();
    expect(await stateOfWorker()).toBe("running");
  });

  it("one that has left and is dead is forgotten by npm run recover", async () => {
    await leavesWithoutWipe();
    await lab.cli("fault", "off", "k8s-2");
    const { code, output } = await plainUp();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(
      /k8s-2 has left the cluster and is still to be wiped at [\s\S]* npm run recover -- --gone k8s-2/,
    );
    const recovered = await npm("recover", "--", "--gone", "k8s-2");
    expect(recovered.output).toMatch(/the state has forgotten k8s-2/);
    await lab.finish();
    assertNoChange(await lab.previewed());
  });

  it("a destroy with dead hardware names it, and goes on without it", async () => {
    await lab.cli("fault", "off", "k8s-2", "--off");
    await becomes("running");
    await wipeByHand();
    // Before it was wiped it has registered its Node again, so the program takes it for a machine of the cluster.
    nodes = workerChanged({ generation: 3 });
    lab.changeConfig({ nodes: () => nodes });
    await lab.finish();
    await lab.cli("fault", "off", "k8s-2");
    const first = await npm("destroy", "--", "--yes", "--skip-preview", "--non-interactive");
    assert.notEqual(first.code, 0, first.output);
    expect(first.output).toMatch(
      /k8s-2 \([\d.]+\) is still to be wiped, and does not answer[\s\S]*--gone k8s-2/,
    );
    expect((await npm("recover", "--", "--gone", "k8s-2")).code).toBe(0);
    const second = await npm("destroy", "--", "--yes", "--skip-preview", "--non-interactive");
    assert.equal(second.code, 0, second.output);
  });
});
