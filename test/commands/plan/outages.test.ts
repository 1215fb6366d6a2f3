// What a plan says first: what nobody can use meanwhile.
import { describe, expect, it } from "@jest/globals";
import { makePlan } from "../../../commands/plan/makePlan.ts";
import type { PreviewStep } from "../../../commands/plan/preview.ts";
import { configUpdate, digest, machines, stepUpdate } from "./sample.ts";

function warningsOf(size: readonly [number, number], ...steps: readonly PreviewStep[]): readonly string[] {
  return makePlan(digest(...machines(...size), ...steps), { texts: new Map() }).warnings;
}

/** Needs a reboot. */
const file = [{ machine: { files: [{ path: "/var/a" }] } }];
const argument = [{ cluster: { apiServer: { extraArgs: { v: "4" } } } }];
const bump = (machine: string, role: string): PreviewStep =>
  stepUpdate(
    `talos-${machine}-os`,
    { TALOS_VERSION: "v1.12.0" },
    { TALOS_VERSION: "v1.13.9" },
    { NODE_ROLE: role },
  );

describe("what is away while up is at work", () => {
  const onlyPlane =
    "the Kubernetes API does not answer while k8s-1 reboots: it is the only control plane; what runs on the workers goes on";
  const onlyServer =
    "the Kubernetes API does not answer while its only server starts again, up to three minutes; what runs goes on";

  it("is the API where the only control plane reboots, for a config or a version", () => {
    expect(warningsOf([1, 2], configUpdate("k8s-1", [], file))).toStrictEqual([onlyPlane]);
    expect(warningsOf([0, 2], bump("k8s-9", "controlplane"))).toStrictEqual([
      onlyPlane.replace("k8s-1", "k8s-9"),
    ]);
  });

  it("is everything where there is one machine", () => {
    expect(warningsOf([1, 0], configUpdate("k8s-1", [], file))).toStrictEqual([
      "everything stands still while k8s-1 reboots: it is the only machine",
    ]);
  });

  it("is the API where its only server starts again", () => {
    expect(warningsOf([1, 2], configUpdate("k8s-1", [], argument))).toStrictEqual([onlyServer]);
    const kubernetes = stepUpdate(
      "talos-kubernetes",
      { KUBERNETES_VERSION: "v1.34.4" },
      { KUBERNETES_VERSION: "v1.35.4" },
    );
    expect(warningsOf([1, 2], kubernetes)).toStrictEqual([onlyServer]);
  });

  it("is the API where one of two control planes reboots: etcd has no majority", () => {
    expect(warningsOf([2, 2], configUpdate("k8s-2", [], file))).toStrictEqual([
      "the Kubernetes API does not answer while k8s-2 reboots: of two control planes etcd needs both",
    ]);
  });

  it("are the pods of the only worker", () => {
    expect(warningsOf([3, 1], configUpdate("k8s-4", [], file)).join()).toMatch(/^k8s-4 is the only worker: /);
  });

  it("is nothing where another one stands in, or nothing starts again", () => {
    expect(warningsOf([3, 2], configUpdate("k8s-1", [], file))).toStrictEqual([]);
    expect(warningsOf([3, 2], configUpdate("k8s-1", [], argument))).toStrictEqual([]);
    expect(warningsOf([3, 2], configUpdate("k8s-4", [], file))).toStrictEqual([]);
    expect(
      warningsOf([1, 2], configUpdate("k8s-1", [], [{ machine: { sysctls: { a: "1" } } }])),
    ).toStrictEqual([]);
    // A worker has no API server, whatever its config says of one.
    expect(warningsOf([1, 2], configUpdate("k8s-2", [], argument))).toStrictEqual([]);
  });
});
