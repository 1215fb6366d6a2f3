// What a run may do to machines by what they say of themselves.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import type { Config, Node } from "../../../src/config/config.ts";
import type { ConfiguredMachine } from "../../../src/config/configuredMachines.ts";
import type { ReachedMachine } from "../../../src/config/reached.ts";
import { StepError } from "../../../src/steps/stepError.ts";
import type { Answer } from "../../../src/talos/identity/ask.ts";
import { judge, machinesToAsk } from "../../../src/talos/identity/judge.ts";
import { testConfig } from "../../graph/program.ts";

const [template] = testConfig().nodes;

function node(name: string, last: number, change: Partial<Node> = {}): Node {
  assert.ok(template);
  const role = name < "k8s-4" ? "controlplane" : "worker";
  return { ...template, name, role, address: `192.0.2.${String(last)}`, ...change };
}

const reached = ({ name, address, role, generation }: Node, gone = false): ReachedMachine => ({
  name,
  address,
  role,
  generation,
  gone,
});

/** Three control planes and a worker, as the last run left them and as the state has them. */
const before = [node("k8s-1", 11), node("k8s-2", 12), node("k8s-3", 13), node("k8s-4", 21)];

interface Situation {
  readonly nodes?: readonly Node[];
  readonly gone?: readonly Node[];
  readonly machines?: readonly ReachedMachine[];
  readonly configured?: readonly ConfiguredMachine[];
  readonly versions?: Config["versions"];
  /** By the last number of an address: a member's name, or another answer; what is left out is unreachable. */
  readonly answers: Readonly<Record<number, string | Answer>>;
}

function configOf(situation: Situation): Config {
  const versions = { talos: "v1.12.0", kubernetes: "v1.35.4", cilium: "1.19.7" };
  const known = ({ name, address }: Node): ConfiguredMachine => ({ name, address, isMember: true });
  return testConfig({
    nodes: situation.nodes ?? before,
    gone: situation.gone ?? [],
    versions: situation.versions ?? versions,
    lastRun: {
      versions,
      machines: situation.machines ?? before.map((machine) => reached(machine)),
      configured: situation.configured ?? before.map(known),
    },
  });
}

/** Verdicts as `kind: text → todo`. */
function verdicts(situation: Situation): readonly string[] {
  const answers = new Map(
    Object.entries(situation.answers).map(([last, answer]) => [
      `192.0.2.${last}`,
      typeof answer === "string" ? ({ is: "member", name: answer } as const) : answer,
    ]),
  );
  return judge({ config: configOf(situation), answers }).map(
    ({ kind, text, todo }) => `${kind}: ${text}${todo === "" ? "" : ` → ${todo}`}`,
  );
}

const maintenance: Answer = { is: "maintenance" };
const nameless: Answer = { is: "member", name: undefined };
const foreign: Answer = {
  is: "other",
  error: new StepError("k8s-4: belongs to another cluster", "check it"),
};
const all = { 11: "k8s-1", 12: "k8s-2", 13: "k8s-3", 21: "k8s-4" };
const changed = (name: string, change: Partial<Node>): readonly Node[] =>
  before.map((machine) => (machine.name === name ? { ...machine, ...change } : machine));
const without = (name: string): readonly Node[] => before.filter((machine) => machine.name !== name);

/** Exactly one verdict, which matches. */
function only(situation: Situation, expected: RegExp): void {
  const found = verdicts(situation);
  assert.equal(found.length, 1, found.join("\n"));
  expect(found[0] ?? "").toMatch(expected);
}

describe("machines at their addresses", () => {
  it("are all right when each says its name, and when one does not answer", () => {
    expect(verdicts({ answers: all })).toStrictEqual([]);
    expect(verdicts({ answers: {} })).toStrictEqual([]);
    expect(verdicts({ answers: { ...all, 21: nameless } })).toStrictEqual([]);
  });

  it("are refused when one says another name", () => {
    only(
      { answers: { ...all, 21: "attic" } },
      /^refuse: k8s-4: the machine at 192\.0\.2\.21 says that it is attic; nothing has been done to it → /,
    );
  });

  it("are refused when two have exchanged their addresses by themselves", () => {
    const found = verdicts({ answers: { ...all, 12: "k8s-3", 13: "k8s-2" } });
    expect(found.length).toBe(2);
    expect(found[0] ?? "").toMatch(/^refuse: k8s-2: .* says that it is k8s-3; .* where each of them is now/);
  });

  it("are refused when one was wiped or re-imaged outside", () => {
    only(
      { answers: { ...all, 21: maintenance } },
      /^refuse: k8s-4 \(192\.0\.2\.21\) is in maintenance mode, but was a machine of this cluster: it was wiped or re-imaged → set generation: 2 on k8s-4 .*: it joins anew$/,
    );
  });

  it("are all right when one that waits for a config is to be made anew, or was never there", () => {
    const answers = { ...all, 21: maintenance };
    expect(verdicts({ answers, nodes: changed("k8s-4", { generation: 2 }) })).toStrictEqual([]);
    const machines = before.slice(0, 3).map((machine) => reached(machine));
    assert.deepEqual(verdicts({ answers, machines }), [], "no finished run has it");
    const configured = [{ name: "k8s-4", address: "192.0.2.21", isMember: false }];
    assert.deepEqual(verdicts({ answers, configured }), [], "it never carried its part");
  });

  it("say what is lost with the only control plane", () => {
    const nodes = [node("k8s-1", 11), node("k8s-4", 21)];
    const machines = nodes.map((machine) => reached(machine));
    const configured = nodes.map(({ name, address }) => ({ name, address, isMember: true }));
    only(
      { nodes, machines, configured, answers: { 11: maintenance, 21: "k8s-4" } },
      /^refuse: k8s-1 .* it was the only control plane, so the cluster's etcd is gone with it → to begin with an empty cluster set generation: 2 on k8s-1/,
    );
  });

  it("are refused when one belongs to somebody else, unless it is to be made anew", () => {
    const answers = { ...all, 21: foreign };
    only({ answers }, /^refuse: k8s-4: belongs to another cluster → check it$/);
    expect(verdicts({ answers, nodes: changed("k8s-4", { generation: 2 }) })).toStrictEqual([]);
  });

  it("are refused when a new one is another of this cluster under a new name", () => {
    const nodes = [...before, node("k8s-5", 25)];
    only(
      { nodes, answers: { ...all, 25: "k8s-2" } },
      /^refuse: k8s-5: .* says that it is k8s-2; .* write k8s-2/,
    );
    for (const answer of [maintenance, "k8s-5", foreign])
      expect(verdicts({ nodes, answers: { ...all, 25: answer } })).toStrictEqual([]);
  });
});

describe("a machine at another address", () => {
  it.each(["k8s-3", "k8s-4"])("is moved when it answers as itself: %s", (name) => {
    only(
      { nodes: changed(name, { address: "192.0.2.29" }), answers: { ...all, 29: name } },
      new RegExp(
        `^notice: ${name} answers at 192\\.0\\.2\\.29: it is moved from .* nothing of it is drained or wiped$`,
      ),
    );
  });

  it("is moved when it is the only control plane", () => {
    const machines = [reached(node("k8s-1", 11))];
    const nodes = [node("k8s-1", 19)];
    const configured = [{ name: "k8s-1", address: "192.0.2.11", isMember: true }];
    only(
      { nodes, machines, configured, answers: { 19: "k8s-1" } },
      /^notice: k8s-1 answers at 192\.0\.2\.19/,
    );
  });

  it("is not replaced when it is the only control plane", () => {
    const machines = [reached(node("k8s-1", 11)), reached(node("k8s-4", 21))];
    const configured = [{ name: "k8s-1", address: "192.0.2.11", isMember: true }];
    for (const others of [[], [node("k8s-2", 12), node("k8s-3", 13)]])
      only(
        {
          nodes: [node("k8s-1", 19), ...others],
          machines,
          configured,
          answers: { 11: "k8s-1", 19: maintenance, 12: maintenance, 13: maintenance },
        },
        /^refuse: k8s-1: the machine at 192\.0\.2\.19 waits for a config, .* the only control plane cannot be replaced/,
      );
  });

  it("may be all of them at once, after the router has forgotten its leases", () => {
    const nodes = before.map((machine, at) => ({ ...machine, address: `192.0.2.${String(51 + at)}` }));
    const found = verdicts({ nodes, answers: { 51: "k8s-1", 52: "k8s-2", 53: "k8s-3", 54: "k8s-4" } });
    expect(found.length).toBe(4);
    expect(found.every((text) => text.startsWith("notice: "))).toBeTruthy();
  });

  it("may be two that have exchanged their addresses, but not two that have exchanged their names", () => {
    const nodes = [node("k8s-1", 11), node("k8s-2", 13), node("k8s-3", 12), node("k8s-4", 21)];
    const moved = verdicts({ nodes, answers: { ...all, 12: "k8s-3", 13: "k8s-2" } });
    expect(moved.map((text) => text.split(" ")[0])).toStrictEqual(["notice:", "notice:"]);
    const renamed = verdicts({ nodes, answers: all });
    expect(renamed.length).toBe(2);
    expect(renamed[0] ?? "").toMatch(/^refuse: k8s-2: the machine at 192\.0\.2\.13 says that it is k8s-3/);
  });

  it("is other hardware when it waits for a config: the old one has to be itself, or wiped already", () => {
    const nodes = changed("k8s-4", { address: "192.0.2.29" });
    for (const old of ["k8s-4", maintenance])
      only(
        { nodes, answers: { ...all, 21: old, 29: maintenance } },
        /^notice: k8s-4: the machine at 192\.0\.2\.29 waits .* that one leaves the cluster and is wiped, this one joins/,
      );
    only(
      { nodes, answers: { ...all, 21: "k8s-2", 29: maintenance } },
      /^refuse: k8s-4: .* at 192\.0\.2\.21 is k8s-2, which is not asked to leave → .* set gone: true on k8s-4/,
    );
    only({ nodes, answers: { ...all, 21: foreign, 29: maintenance } }, /^refuse: k8s-4: .* is somebody else/);
    const off = { 11: "k8s-1", 12: "k8s-2", 13: "k8s-3", 29: maintenance };
    only(
      { nodes, answers: off },
      /^unsure: k8s-4: .* that one has to leave, and does not answer: .* gone: true/,
    );
  });

  it("is not known as long as nobody answers there", () => {
    const nodes = changed("k8s-4", { address: "192.0.2.29" });
    only({ nodes, answers: all }, /^unsure: k8s-4: nobody answers at its new address 192\.0\.2\.29/);
    only({ nodes, answers: { ...all, 29: nameless } }, /^unsure: k8s-4: .* does not say its name/);
    only({ nodes, answers: { ...all, 29: "k8s-2" } }, /^refuse: k8s-4: .* says that it is k8s-2/);
  });

  it("is asked for at both addresses", () => {
    const config = configOf({ nodes: changed("k8s-4", { address: "192.0.2.29" }), answers: {} });
    expect(machinesToAsk(config).map(({ address }) => address)).toStrictEqual([
      "192.0.2.11",
      "192.0.2.12",
      "192.0.2.13",
      "192.0.2.29",
      "192.0.2.21",
    ]);
  });

  it("does not leave etcd in the run in which another one does, or which changes versions", () => {
    const replaced = changed("k8s-3", { address: "192.0.2.19" });
    const answers = { ...all, 19: maintenance };
    const two = verdicts({ nodes: replaced.filter(({ name }) => name !== "k8s-2"), answers });
    assert.ok(
      two.some((text) => text.startsWith("refuse: nodes: k8s-2, k8s-3 would leave etcd in one run")),
      two.join("\n"),
    );
    const versions = { talos: "v1.12.1", kubernetes: "v1.35.4", cilium: "1.19.7" };
    const withVersions = verdicts({ nodes: replaced, answers, versions });
    expect(
      withVersions.some((text) => text.includes("k8s-3 would leave etcd in the run that changes")),
    ).toBeTruthy();
    // One that is only moved stays in etcd.
    only({ nodes: replaced, versions, answers: { ...all, 19: "k8s-3" } }, /^notice: k8s-3 answers/);
  });
});

describe("a machine that is removed", () => {
  const nodes = without("k8s-4");
  const left = [{ name: "k8s-4", address: "192.0.2.21", isMember: false }];

  it("is wiped only when it says that it is the one", () => {
    expect(verdicts({ nodes, answers: all })).toStrictEqual([]);
    only(
      { nodes, answers: { ...all, 21: "attic" } },
      /^refuse: k8s-4 is to be removed; k8s-4: .* says that it is attic; .* → put k8s-4 back into nodes with address 192\.0\.2\.21 and gone: true/,
    );
    only(
      { nodes, answers: { ...all, 21: nameless } },
      /^unsure: k8s-4 is to be removed; .* does not say its name/,
    );
    only(
      { nodes, answers: { ...all, 21: foreign } },
      /^refuse: k8s-4 is to be removed, but .* somebody else/,
    );
    only(
      { nodes, answers: { ...all, 21: maintenance } },
      /^refuse: k8s-4 .* it was wiped already → put k8s-4 back/,
    );
    const off = { 11: "k8s-1", 12: "k8s-2", 13: "k8s-3" };
    only({ nodes, answers: off }, /^unsure: k8s-4 is to be removed, and does not answer .* and gone: true/);
  });

  it("has a way out when the wipe failed after it had left", () => {
    assert.deepEqual(verdicts({ nodes, configured: left, answers: all }), [], "it is wiped now");
    only(
      { nodes, configured: left, answers: { ...all, 21: maintenance } },
      /^refuse: k8s-4 has left the cluster and is wiped; only the state still has it → npm run recover makes the state forget it/,
    );
    only(
      { nodes, configured: left, answers: {} },
      /^unsure: k8s-4 has left the cluster and is still to be wiped at 192\.0\.2\.21, and does not answer .*; if its hardware is dead, npm run recover -- --gone k8s-4/,
    );
  });

  it("does not take with it who has its address now", () => {
    only(
      { nodes: [...nodes, node("k8s-5", 21)], configured: left, answers: { ...all, 21: "k8s-5" } },
      /^refuse: k8s-4 has left the cluster .* says that it is k8s-5; .* → npm run recover -- --gone k8s-4/,
    );
  });

  it("is not asked when it was called gone: nothing is sent to it", () => {
    const machines = before.map((machine) => reached(machine, machine.name === "k8s-4"));
    expect(verdicts({ nodes, machines, answers: { ...all, 21: "attic" } })).toStrictEqual([]);
    expect(verdicts({ nodes, gone: [node("k8s-4", 21)], answers: {} })).toStrictEqual([]);
  });
});
