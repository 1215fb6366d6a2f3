// What tests of a roll over the machines look at: what runs where, which boot that is, who is cordoned, is all of it whole.
import { expect } from "@jest/globals";
import assert from "node:assert/strict";
import type { KubeObject } from "./handOffFacts.ts";
import type { TestLab } from "./testLab.ts";

/** One machine of the cluster at one moment. */
export interface MachineFacts {
  /** Talos that runs, e.g. `v1.11.6`. */
  readonly talos: string;
  /** Id of its boot, as its Node has it. */
  readonly boot: string;
  readonly cordoned: boolean;
}

/** All machines of the cluster by name. */
export async function machineFacts(lab: TestLab): Promise<Readonly<Record<string, MachineFacts>>> {
  const { machines } = await lab.status();
  const nodes = (await lab.get<{ items: KubeObject[] }>(["nodes"])).items;
  return Object.fromEntries(
    nodes.map(({ metadata, spec, status }) => {
      const { bootID } = (status as unknown as { nodeInfo: { bootID: string } }).nodeInfo;
      const talos = machines.find(({ name }) => name === metadata.name)?.talos ?? "";
      return [metadata.name, { talos, boot: bootID, cordoned: spec?.["unschedulable"] === true }];
    }),
  );
}

/** Names of the cordoned nodes. */
export async function cordoned(lab: TestLab): Promise<readonly string[]> {
  const facts = await machineFacts(lab);
  return Object.keys(facts).filter((name) => facts[name]?.cordoned === true);
}

/** Waits until every machine runs, every control plane has its etcd and its API server, and every node is Ready. */
export async function untilWhole(lab: TestLab): Promise<void> {
  await lab.until(`${lab.name} whole`, async () => {
    const { machines, etcdMembers } = await lab.status();
    const members = machines.filter(({ role }) => role !== undefined);
    const planes = members.filter(({ role }) => role === "controlplane");
    if (!members.every(({ state }) => state === "running")) return false;
    if (!planes.every(({ etcd, api }) => etcd && api) || etcdMembers !== planes.length) return false;
    const nodes = await lab.ok("kubectl", "get", "nodes", "--no-headers");
    return [...nodes.matchAll(/ Ready(,SchedulingDisabled)? /g)].length === members.length;
  });
}

/** How an `up` is to stop. */
export interface Stop {
  /** The words of `lab fault`. Default: none is needed. */
  readonly fault?: readonly string[];
  /** What it must say: the machine, what was found, what to do. */
  readonly says: readonly RegExp[];
  /** Seconds that it may take, from the first line to the last. */
  readonly withinSeconds: number;
  /** Machines that it has come to before it stops. Default: none. */
  readonly reached?: readonly string[];
  /** Machines that stay cordoned. Default: none. */
  readonly cordoned?: readonly string[];
}

/**
 * One `up` that must fail, under a fault: it does so in time, says why, and every machine that it has not reached is the same as before, down
 * to its boot. Then the fault is switched off.
 */
export async function stops(lab: TestLab, stop: Stop): Promise<void> {
  const before = await machineFacts(lab);
  const run = async (): Promise<void> => {
    const { code, output, seconds } = await lab.up();
    assert.notEqual(code, 0, output);
    for (const pattern of [...stop.says, /→ \S/]) expect(output).toMatch(pattern);
    assert.ok(seconds < stop.withinSeconds, `${String(seconds)} s:\n${output}`);
    const { reached = [] } = stop;
    const others = (facts: typeof before): object =>
      Object.fromEntries(Object.entries(facts).filter(([name]) => !reached.includes(name)));
    assert.deepEqual(others(await machineFacts(lab)), others(before), output);
    assert.deepEqual(await cordoned(lab), stop.cordoned ?? [], output);
  };
  await (stop.fault === undefined ? run() : lab.withFault(stop.fault, run));
  await untilWhole(lab);
}
