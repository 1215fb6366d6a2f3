// The end-to-end tests' watch over a changing cluster does see what must not happen.
import { describe, expect, it } from "@jest/globals";
import type { LabStatus } from "../../lab/supervisor/status.ts";
import { problemsOf } from "../e2e/watch.ts";

type Machine = LabStatus["machines"][number];

const machine = (name: string, change: Partial<Machine> = {}): Machine => ({
  name,
  address: "127.10.1.11",
  state: "running",
  talos: "v1.12.0",
  bootId: name,
  hostname: name,
  schematic: "",
  role: "controlplane",
  etcd: true,
  api: true,
  ...change,
});
const status = (machines: readonly Machine[], etcdMembers = 3): LabStatus => ({
  name: "test",
  size: "lab-ha",
  pid: 1,
  endpoint: "",
  kubernetes: true,
  machines,
  etcdMembers,
  gitUrl: "",
  faults: [],
});
const away: Partial<Machine> = { state: "rebooting", etcd: false, api: false };
const worker = machine("k8s-4", { role: "worker", state: "rebooting", etcd: false, api: false });

describe("the watch", () => {
  it("lets one control plane be away, and any worker", () => {
    expect(
      problemsOf(status([machine("k8s-1"), machine("k8s-2", away), machine("k8s-3"), worker])),
    ).toStrictEqual([]);
  });

  it("sees two control planes away, and that etcd lost its quorum", () => {
    expect(
      problemsOf(status([machine("k8s-1"), machine("k8s-2", away), machine("k8s-3", away), worker])),
    ).toStrictEqual([
      "1 of 3 members of etcd were healthy",
      "away at once: k8s-2 (rebooting, no etcd, no API), k8s-3 (rebooting, no etcd, no API)",
    ]);
  });

  it("sees two API servers that are down on machines that run", () => {
    expect(
      problemsOf(
        status([machine("k8s-1"), machine("k8s-2", { api: false }), machine("k8s-3", { api: false })]),
      ),
    ).toStrictEqual(["away at once: k8s-2 (running, no API), k8s-3 (running, no API)"]);
  });

  it("counts quorum by the members there are: of four, three", () => {
    expect(
      problemsOf(status([machine("k8s-1"), machine("k8s-2"), machine("k8s-3", away), worker], 4)),
    ).toStrictEqual(["2 of 4 members of etcd were healthy"]);
  });

  it("asks nothing of a machine without a config", () => {
    const spare = machine("spare-1", { role: undefined, state: "maintenance", etcd: false, api: false });
    expect(problemsOf(status([machine("k8s-1"), machine("k8s-2"), machine("k8s-3"), spare]))).toStrictEqual(
      [],
    );
  });

  it("does not count a machine that was off before", () => {
    const dead = machine("k8s-3", { ...away, state: "off" });
    const found = status([machine("k8s-1"), machine("k8s-2", away), dead], 1);
    expect(problemsOf(found, ["k8s-3"])).toStrictEqual([]);
    expect(problemsOf(found).length).toBe(1);
  });
});
