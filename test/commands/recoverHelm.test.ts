// Helm revisions that stand in the way of the next run, with and without a pending operation in the state.
import { describe, expect, it } from "@jest/globals";
import { gzipSync } from "node:zlib";
import { releaseType, revisionLeftovers } from "../../commands/recover/helm.ts";
import { leftLine } from "../../commands/recover/leftover.ts";
import type { PendingOperation, StackState } from "../../commands/pulumi/state.ts";
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";

const inputs = {
  name: "cilium",
  namespace: "kube-system",
  version: "1.20.1",
  values: { operator: { replicas: 1 } },
  timeout: 600,
};

/** A revision as Helm keeps it. @param seconds how long ago it was begun */
function revision(number: number, status: string, seconds = 5_000, more: object = {}): KubeObject {
  const content = {
    chart: { metadata: { version: "1.20.1" } },
    config: { operator: { replicas: 1 } },
    ...more,
  };
  const packed = gzipSync(JSON.stringify(content)).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: `sh.helm.release.v1.cilium.v${String(number)}`,
      namespace: "kube-system",
      labels: {
        owner: "helm",
        name: "cilium",
        status,
        createdAt: String(Math.round(Date.now() / 1000) - seconds),
      },
    },
    data: { release: Buffer.from(packed).toString("base64") },
  };
}

/** What is found, and what is left when everything of it that may be removed is removed. */
async function recovered(
  secrets: readonly KubeObject[],
  pending: PendingOperation["type"] | undefined,
): Promise<{ readonly found: readonly string[]; readonly stays: readonly string[] }> {
  const release = { urn: "urn:pulumi:home::home-ops::x::cluster-cilium", type: releaseType, inputs };
  const state: StackState = {
    version: 3,
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:home::home-ops::x::cluster-kubeconfig",
          type: "talos:cluster/kubeconfig:Kubeconfig",
          outputs: {
            kubeconfigRaw: {
              "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
              plaintext: JSON.stringify("a kubeconfig"),
            },
          },
        },
        ...(pending === "creating" ? [] : [release]),
      ],
      pending_operations: pending === undefined ? [] : [{ type: pending, resource: release }],
    },
  };
  let left = [...secrets];
  const kubernetes = {
    list: (apiVersion: string, kind: string, namespace: string) => {
      expect([apiVersion, kind, namespace]).toStrictEqual(["v1", "Secret", "kube-system"]);
      return Promise.resolve(left);
    },
    remove: (apiVersion: string, kind: string, name: string, namespace: string) => {
      expect([apiVersion, kind, namespace]).toStrictEqual(["v1", "Secret", "kube-system"]);
      left = left.filter(({ metadata }) => metadata?.name !== name);
      return Promise.resolve();
    },
  } as unknown as Kubernetes;
  const leftovers = await revisionLeftovers(state, () => kubernetes);
  for (const { remove } of leftovers) await remove?.();
  return {
    found: leftovers.map((one) => `${one.remove === undefined ? "left" : "removed"} ${leftLine(one)}`),
    stays: left.map(({ metadata }) => metadata?.name ?? ""),
  };
}

const one = "sh.helm.release.v1.cilium.v1";
const two = "sh.helm.release.v1.cilium.v2";

describe("Helm revisions", () => {
  it("that are pending are found without any pending operation in the state", async () => {
    for (const status of ["pending-upgrade", "pending-rollback", "pending-install"])
      expect(await recovered([revision(1, "deployed"), revision(2, status)], undefined)).toStrictEqual({
        found: [`removed Helm revision ${two} (${status})`],
        stays: [one],
      });
  });

  it("that somebody may be writing right now are left", async () => {
    const { found, stays } = await recovered([revision(1, "pending-upgrade", 100)], undefined);
    expect(found.length).toBe(1);
    expect(found[0] ?? "").toMatch(
      /^left Helm revision \S+ \(pending-upgrade\), 10\d s old: somebody may be at work\n {2}→ wait until it is older than 660 s, then run npm run recover$/,
    );
    expect(stays).toStrictEqual([one]);
  });

  it("that stand for themselves are nothing", async () => {
    const { found } = await recovered([revision(1, "superseded"), revision(2, "deployed")], undefined);
    expect(found).toStrictEqual([]);
  });

  it("of an upgrade that was killed go when they are pending, however new; the last good one stays", async () => {
    expect(
      await recovered([revision(1, "deployed"), revision(2, "pending-upgrade", 1)], "updating"),
    ).toStrictEqual({
      found: [`removed Helm revision ${two} (pending-upgrade)`],
      stays: [one],
    });
  });

  it("of an install that was killed go, pending or already done", async () => {
    for (const status of ["pending-install", "deployed", "failed"])
      expect(await recovered([revision(1, status, 1)], "creating")).toStrictEqual({
        found: [`removed Helm revision ${one} (${status})`],
        stays: [],
      });
  });

  it("of an install that was another's are named and left", async () => {
    const theirs = [
      revision(1, "deployed", 1, { chart: { metadata: { version: "1.18.0" } } }),
      revision(2, "deployed", 1, { config: { operator: { replicas: 3 } } }),
      { ...revision(3, "deployed", 1), data: { release: "bm90IEhlbG0ncw==" } },
    ];
    const { found, stays } = await recovered(theirs, "creating");
    expect(stays.length).toBe(3);
    expect(found[0]).toBe(
      `left Helm revision ${one} (deployed): not of the version and values that this stack was installing\n  → if nobody needs it: helm uninstall -n kube-system cilium`,
    );
  });

  it("of other releases are nobody's business here", async () => {
    const other = revision(1, "pending-install");
    other.metadata = {
      name: "other",
      labels: { owner: "helm", name: "podinfo", status: "pending-install" },
    };
    expect((await recovered([other], undefined)).found).toStrictEqual([]);
  });
});
