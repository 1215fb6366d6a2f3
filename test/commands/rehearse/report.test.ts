// From the event log of a run to what people read.
import { describe, expect, it } from "@jest/globals";
import { readEvents, type Change } from "../../../commands/rehearse/events.ts";
import {
  byMachine,
  reportMachine,
  surprisesBetween,
  type MachineFacts,
  type Report,
} from "../../../commands/rehearse/report.ts";
import { asMarkdown, asText } from "../../../commands/rehearse/show.ts";

const urn = (name: string): string => `urn:pulumi:lab::home-ops::home-ops:talos:Machines$x:y:Z::${name}`;
const event = (timestamp: number, what: string, op: string, name: string): string =>
  JSON.stringify({ timestamp, [what]: { metadata: { op, urn: urn(name) } } });

describe("readEvents", () => {
  it("finds what changed, for how long, and the errors", () => {
    const log = [
      event(10, "resourcePreEvent", "same", "a"),
      event(10, "resOutputsEvent", "same", "a"),
      event(11, "resourcePreEvent", "update", "b"),
      event(12, "resourcePreEvent", "create", "c"),
      event(15, "resOutputsEvent", "create", "c"),
      event(18, "resOpFailedEvent", "update", "b"),
      event(20, "resourcePreEvent", "delete-replaced", "d"),
      event(21, "resOutputsEvent", "delete-replaced", "d"),
      event(21, "resourcePreEvent", "replace", "d"),
      event(21, "resOutputsEvent", "replace", "d"),
      event(30, "resourcePreEvent", "create-replacement", "d"),
      event(34, "resOutputsEvent", "create-replacement", "d"),
      JSON.stringify({
        timestamp: 35,
        diagnosticEvent: {
          urn: urn("b"),
          severity: "error",
          message: "<{%reset%}>exit status 1<{%reset%}>\n",
        },
      }),
      JSON.stringify({
        timestamp: 35,
        diagnosticEvent: {
          urn: "urn:pulumi:lab::home-ops::pulumi:pulumi:Stack::home-ops-lab",
          severity: "error",
          message: "update failed",
        },
      }),
      JSON.stringify({ timestamp: 35, diagnosticEvent: { urn: "", severity: "info", message: "hello" } }),
      '{"timestamp": 36, "resourcePreEv',
    ].join("\n");
    expect(readEvents(log)).toStrictEqual({
      changes: [
        { name: "b", op: "update", seconds: 7 },
        { name: "c", op: "create", seconds: 3 },
        { name: "d", op: "replace", seconds: 5 },
      ],
      errors: ["b: exit status 1"],
    });
  });

  it("finds nothing in a log that was never written", () => {
    expect(readEvents("")).toStrictEqual({ changes: [], errors: [] });
  });
});

const change = (name: string, seconds = 1): Change => ({ name, op: "update", seconds });

describe("byMachine", () => {
  it("gives each machine what is named after it", () => {
    const { of, others } = byMachine(
      [change("talos-k8s-1-os"), change("talos-k8s-1-new-os"), change("talos-kubernetes")],
      ["k8s-1", "k8s-1-new", "nas"],
    );
    expect([...of].map(([name, changes]) => [name, changes.map((each) => each.name)])).toStrictEqual([
      ["k8s-1", ["talos-k8s-1-os"]],
      ["k8s-1-new", ["talos-k8s-1-new-os"]],
      ["nas", []],
    ]);
    expect(others).toStrictEqual([change("talos-kubernetes")]);
  });
});

describe("reportMachine", () => {
  const facts: MachineFacts = { talos: "v1.11.6", bootId: "a", state: "running", kubelet: "v1.34.4" };
  const did = (
    before: Partial<MachineFacts>,
    after: Partial<MachineFacts>,
    changes: Change[] = [],
  ): unknown =>
    reportMachine({
      name: "k8s-1",
      before: { ...facts, ...before },
      after: { ...facts, ...after },
      changes,
      newSchematic: false,
    }).did;

  it("says what became of a machine", () => {
    expect(
      did({}, { talos: "v1.12.0", bootId: "b", kubelet: "v1.35.4" }, [change("talos-k8s-1-config")]),
    ).toStrictEqual([
      "Talos v1.11.6 → v1.12.0",
      "Kubernetes v1.34.4 → v1.35.4",
      "new machine config",
      "rebooted",
    ]);
    expect(did({}, {})).toStrictEqual([]);
    expect(did({ kubelet: undefined, state: "maintenance" }, {})).toStrictEqual([
      "joined the cluster with Talos v1.11.6 and Kubernetes v1.34.4",
    ]);
    expect(did({}, { kubelet: undefined, state: "maintenance" })).toStrictEqual([
      "left the cluster, and is now wiped, in maintenance mode",
    ]);
  });
});

describe("surprisesBetween", () => {
  it("is what only one of preview and up shows", () => {
    expect(surprisesBetween([change("a"), change("b", 0)], [change("b", 9), change("c")])).toStrictEqual([
      "only in the preview: update a",
      "not in the preview: update c",
    ]);
    expect(surprisesBetween([change("a", 0)], [change("a", 5)])).toStrictEqual([]);
  });
});

const report: Report = {
  stack: "home",
  outcome: "failed",
  versions: {
    asked: {
      talos: { from: "v1.13.9", to: "v1.13.10" },
      kubernetes: { from: "v1.36.3", to: "v1.36.3" },
      cilium: { from: "1.20.1", to: "1.20.1" },
      flux: { from: "v2.9.4", to: "v2.9.4" },
    },
    rehearsed: {
      talos: { from: "v1.12.9", to: "v1.12.10" },
      kubernetes: { from: "v1.35.4", to: "v1.35.4" },
      cilium: { from: "1.20.1", to: "1.20.1" },
      flux: { from: "v2.9.4", to: "v2.9.4" },
    },
    notes: ["Talos v1.13.9 cannot be had here"],
    notRehearsed: [],
  },
  left: [],
  files: [],
  buildSeconds: 83,
  previewed: [change("talos-k8s-1-os")],
  surprises: [],
  bumpSeconds: 41,
  silenceSeconds: 1.24,
  machines: [
    { name: "k8s-1", seconds: 21, did: ["Talos v1.12.9 → v1.12.10", "rebooted"] },
    { name: "k8s-22", seconds: 0, did: [] },
  ],
  cluster: [change("talos-prepare", 4)],
  afterwards: { ready: 11, waiting: ["HelmRelease a/b: no"], stillToDo: [] },
  failure: { during: "looking at the cluster afterwards", messages: ["not Ready: HelmRelease a/b:\nno"] },
};

describe("a report", () => {
  it("reads well on a terminal", () => {
    expect(asText(report)).toBe(`Versions:
  Talos       v1.13.9 → v1.13.10  rehearsed: v1.12.9 → v1.12.10
  Kubernetes  v1.36.3             rehearsed: v1.35.4
  Cilium      1.20.1
  Flux        v2.9.4

Not as asked:
  Talos v1.13.9 cannot be had here

What happened (in the lab's time; hardware takes its own):
  built as it is committed in 1 min 23 s
  the preview of the bump showed 1 change
  up took 41 s and made just these
  the API did not answer for at most 1.2 s
  tree: 11 of 12 objects Ready
  preview afterwards: empty

Machines:
  k8s-1   Talos v1.12.9 → v1.12.10, rebooted (21 s)
  k8s-22  untouched

The cluster as a whole:
  talos-prepare  update  4 s

Failed while looking at the cluster afterwards:
  not Ready: HelmRelease a/b:
  no

home: the bump FAILED in rehearsal`);
  });

  it("is a comment on a pull request as Markdown", () => {
    const text = asMarkdown(report);
    expect(
      text.startsWith("### Rehearsal of home: the bump FAILED in rehearsal\n\n**Versions**\n\n- Talos"),
    ).toBeTruthy();
    expect(text).toMatch(/\n- not Ready: HelmRelease a\/b:\n {2}no$/);
  });

  it("is one line when there is nothing to rehearse", () => {
    expect(asText({ stack: "home", outcome: "nothing", left: [], files: [] })).toBe(
      "home: there is nothing to rehearse: stack file and tree are as they are committed",
    );
  });
});
