import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { configFindings } from "../../../commands/doctor/computer.ts";
import { leftBehindFindings } from "../../../commands/doctor/leftBehind.ts";
import { describeMachines, lookFromOutside, type Found } from "../../../commands/doctor/machines.ts";
import { findingLines } from "../../../commands/doctor/report.ts";
import { toolFinding } from "../../../commands/doctor/tools.ts";
import { testConfig } from "../../graph/program.ts";

const plain = (_: unknown, text: string): string => text;

describe("a tool", () => {
  const tool = { name: "sops", args: [], minimum: "3.8", todo: "install it" };
  const rows: readonly (readonly [
    what: string,
    code: number,
    output: string,
    state: string,
    found: string,
  ])[] = [
    ["that is there", 0, "sops 3.10.2 (latest)", "ok", "3.10.2"],
    ["that is too old", 0, "sops 3.7.3", "missing", "3.7.3 is older than 3.8"],
    ["that is newer in numbers, not in letters", 0, "sops 3.10.0", "ok", "3.10.0"],
    ["of before its release", 0, "sops 3.8.0-rc.1", "missing", "3.8.0-rc.1 is older than 3.8"],
    ["with more numbers than a version has", 0, "sops 3.9.1.windows.2", "ok", "3.9.1"],
    ["that is not on PATH", -2, "sops is not on PATH", "missing", "is not on PATH"],
    ["that does not say its version", 0, "hello", "warning", "is there, but does not say its version"],
  ];
  for (const [what, code, output, state, found] of rows)
    it(`${what} is ${state}`, () => {
      const finding = toolFinding(tool, code, output);
      expect([finding.state, finding.found]).toStrictEqual([state, found]);
      expect(finding.todo).toBe(state === "ok" ? undefined : "install it");
    });
});

describe("machines", () => {
  const machine = { name: "k8s-1", address: "127.0.0.1" };

  it("without a certificate are somebody when they answer, and unreachable when they do not", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await lookFromOutside(machine, port)).toStrictEqual({ is: "somebody" });
    server.close();
    await once(server, "close");
    expect(await lookFromOutside(machine, port)).toStrictEqual({
      is: "unreachable",
      why: "refuses the connection",
    });
  });

  const [controlPlane, worker] = testConfig().nodes;
  assert.ok(controlPlane && worker);
  const reached = [controlPlane, worker].map((node) => ({ ...node, gone: false }));
  const configured = reached.map(({ name, address }) => ({ name, address, isMember: true }));
  const config = testConfig({ lastRun: { versions: {}, machines: reached, configured } });
  const say = (answers: Readonly<Record<string, Found>>, of = config): readonly string[] =>
    describeMachines(of.nodes, new Map(Object.entries(answers)), of).map(
      ({ state, what, found, todo }) => `${state} ${what}: ${found}${todo === undefined ? "" : ` → ${todo}`}`,
    );
  const member: Found = { is: "member", name: "k8s-1" };

  it("are ok as members, a warning when they are off, and ok when nobody can ask them", () => {
    expect(
      say({ "192.0.2.11": member, "192.0.2.21": { is: "unreachable", why: "no answer" } }),
    ).toStrictEqual([
      "ok k8s-1: answers at 192.0.2.11:50000 as k8s-1 of this cluster",
      "warning k8s-2: 192.0.2.21:50000: no answer → switch it on, and compare its address with the one that it shows on its screen",
    ]);
    expect(say({ "192.0.2.11": member, "192.0.2.21": { is: "somebody" } }).at(1)).toStrictEqual(
      ["ok k8s-2: answers at 192.0.2.21:50000"].at(0),
    );
  });

  it("are not ok in maintenance mode when they were machines of the cluster, even to somebody without a certificate", () => {
    const [, wiped = ""] = say({ "192.0.2.11": { is: "somebody" }, "192.0.2.21": { is: "maintenance" } });
    expect(wiped).toMatch(
      /^missing k8s-2: k8s-2 \(192\.0\.2\.21\) is in maintenance mode, .* → set generation: 2/,
    );
    const fresh = testConfig({ lastRun: { versions: {} } });
    expect(say({ "192.0.2.11": { is: "maintenance" } }, fresh).at(0)).toStrictEqual(
      "ok k8s-1: is in maintenance mode at 192.0.2.11, ready for its config",
    );
  });

  it("are not ok when another one has their address, or somebody has that of one that is to leave", () => {
    const exchanged = say({
      "192.0.2.11": { is: "member", name: "k8s-2" },
      "192.0.2.21": { is: "member", name: "k8s-2" },
    });
    expect(exchanged[0] ?? "").toMatch(/^missing k8s-1: .* says that it is k8s-2/);
    const smaller = { ...config, nodes: [controlPlane] };
    const leaving = say({ "192.0.2.11": member, "192.0.2.21": { is: "maintenance" } }, smaller);
    expect(leaving[1] ?? "").toMatch(
      /^missing k8s-2: k8s-2 is to be removed, but 192\.0\.2\.21 is in maintenance mode/,
    );
  });
});

describe("the stack config", () => {
  it("is reported mistake by mistake, by what it is about, beside what has none", () => {
    const problems = [
      { path: "nodes[0].role", message: "no such role: master", todo: "write controlplane" },
      { path: "ageKeyFile", message: "/k is not there", todo: "make one" },
      { path: "flux/vars/cluster-secrets.sops.yaml", message: "is missing", todo: "make it" },
    ];
    expect(
      configFindings("Pulumi.home.yaml", [], { problems }).flatMap((finding) => findingLines(finding, plain)),
    ).toStrictEqual([
      "missing  stack config    nodes[0].role: no such role: master",
      "                         → write controlplane",
      "missing  age key         ageKeyFile: /k is not there",
      "                         → make one",
      "missing  secrets         flux/vars/cluster-secrets.sops.yaml: is missing",
      "                         → make it",
    ]);
    const [first] = problems;
    assert.ok(first);
    expect(
      configFindings("Pulumi.home.yaml", [], { problems: [first] }).map(
        ({ state, what }) => `${state} ${what}`,
      ),
    ).toStrictEqual(["ok age key", "ok secrets", "missing stack config"]);
  });
});

describe("what a run has left behind", () => {
  const state = (pending: number) => ({
    version: 3,
    deployment: {
      pending_operations: Array.from({ length: pending }, () => ({
        type: "updating" as const,
        resource: { urn: "urn:x", type: "x" },
      })),
    },
  });

  it("is nothing where nothing is found", () => {
    expect(leftBehindFindings(state(0), { leftovers: [], unseen: [] })).toStrictEqual([
      { state: "ok", what: "left behind", found: "nothing of a run that was killed" },
    ]);
  });

  it("is a warning each, with who removes it, or what to do where nobody may", () => {
    const findings = leftBehindFindings(state(2), {
      leftovers: [
        {
          what: "Helm revision x (pending-upgrade)",
          remove: () => assert.fail("the doctor changes nothing"),
        },
        { what: "deploy key 7", todo: "delete it by hand" },
      ],
      unseen: [{ type: "y", what: "could not look for webhooks: HTTP 401", todo: "export GITHUB_TOKEN" }],
    });
    expect(findings.map(({ state: is, found, todo }) => `${is} ${found} → ${String(todo)}`)).toStrictEqual([
      "warning the last run was killed in 2 operations → npm run up finishes it",
      "warning Helm revision x (pending-upgrade) → npm run up removes it and makes anew what the cluster needs; npm run recover only removes it",
      "warning deploy key 7 → delete it by hand",
      "warning could not look for webhooks: HTTP 401 → export GITHUB_TOKEN",
    ]);
  });
});
