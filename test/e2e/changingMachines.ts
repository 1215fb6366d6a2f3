// A saved lab-ha whose machines change: each change is the stack config's list of machines and one `up`, watched all the time.
import { expect } from "@jest/globals";
import assert from "node:assert/strict";
import type { KubeObject } from "./handOffFacts.ts";
import { assertNoChange, TestLab } from "./testLab.ts";
import { finishWhileWatched } from "./watch.ts";

/** A machine as the stack config has it. */
export interface AskedMachine {
  readonly name: string;
  readonly address: string;
  readonly role: string;
  readonly [key: string]: unknown;
}

/** The lab with what its stack config asks for; each test goes on from the one before. */
export class ChangingMachines {
  readonly lab: TestLab;
  nodes: readonly AskedMachine[] = [];

  private constructor(lab: TestLab) {
    this.lab = lab;
  }

  static async restored(): Promise<ChangingMachines> {
    const cluster = new ChangingMachines(await TestLab.restored("ha"));
    cluster.lab.changeConfig({ nodes: (found) => (cluster.nodes = found as readonly AskedMachine[]) });
    return cluster;
  }

  /** Address of the hardware that is in no stack config. */
  get spare(): string {
    return this.lab.layout.machines.find(({ role }) => role === "spare")?.address ?? "";
  }

  /** The list with other fields of one machine. */
  changed(name: string, fields: object): readonly AskedMachine[] {
    return this.nodes.map((node) => (node.name === name ? { ...node, ...fields } : node));
  }

  /** The list without some machines. */
  without(...names: readonly string[]): readonly AskedMachine[] {
    return this.nodes.filter(({ name }) => !names.includes(name));
  }

  addressOf(name: string): string {
    return this.nodes.find((node) => node.name === name)?.address ?? "";
  }

  /** Runs a test with this list and puts the right one back. */
  async withNodes(wanted: readonly AskedMachine[], test: () => Promise<void>): Promise<void> {
    await this.lab.withConfig({ nodes: () => wanted }, test);
  }

  async node(name: string): Promise<KubeObject | undefined> {
    return (await this.#nodes()).find(({ metadata }) => metadata?.name === name);
  }

  /** Names of etcd's members, sorted. */
  async members(): Promise<readonly string[]> {
    const through = this.addressOf("k8s-1");
    const table = await this.lab.ok("talosctl", "-n", through, "-e", through, "etcd", "members");
    return table
      .split("\n")
      .slice(1)
      .flatMap((line) => line.trim().split(/\s+/)[2] ?? [])
      .sort();
  }

  /** What the hardware at an address does, e.g. `maintenance`. */
  async stateAt(address: string): Promise<string> {
    const { machines } = await this.lab.status();
    return machines.find((machine) => machine.address === address)?.state ?? "";
  }

  async isWiped(address: string): Promise<void> {
    await this.lab.until(`${address} wiped`, async () => (await this.stateAt(address)) === "maintenance");
  }

  /**
   * Brings the cluster to these machines, and keeps them for the next test. Afterwards exactly they are nodes, all of them
   * schedulable, the control planes among them are etcd's members, and a preview has nothing to change.
   * @param watched false where the lab's etcd itself loses its quorum for a moment (lab/README.md: it knows no learners)
   * @returns what `up` printed
   */
  async becomes(wanted: readonly AskedMachine[], watched = true): Promise<string> {
    this.lab.changeConfig({ nodes: () => wanted });
    const { output } = await (watched ? finishWhileWatched(this.lab) : this.lab.finish());
    if (!watched) assertNoChange(await this.lab.previewed());
    this.nodes = wanted;
    const present = wanted.filter(({ gone }) => gone !== true);
    const found = await this.#nodes();
    expect(found.map(({ metadata }) => metadata?.name).sort()).toStrictEqual(
      present.map(({ name }) => name).sort(),
    );
    assert.ok(found.every(({ spec }) => spec?.["unschedulable"] === undefined));
    expect(await this.members()).toStrictEqual(
      present.flatMap(({ name, role }) => (role === "controlplane" ? [name] : [])).sort(),
    );
    return output;
  }

  /** An `up` with these machines that must fail. @returns what it printed */
  async refuses(wanted: readonly AskedMachine[]): Promise<string> {
    let printed = "";
    await this.withNodes(wanted, async () => {
      const { code, output } = await this.lab.up();
      assert.notEqual(code, 0, output);
      printed = output;
    });
    return printed;
  }

  async #nodes(): Promise<readonly KubeObject[]> {
    return (await this.lab.get<{ items: KubeObject[] }>(["nodes"])).items;
  }
}
