// `up` killed once in each phase, with everything below it. Each time the next `npm run up` puts right what is left and
// goes on, without any hand work; the last one finishes.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { killedAt, type Moment } from "./killedUp.ts";
import { assertNoChange, TestLab } from "./testLab.ts";

jest.setTimeout(900_000);

/** A resource in whose creation the engine dies, and what must have happened outside by then. */
interface CreationMoment extends Moment {
  readonly resource: string;
  /** What the next run must say that it put right. */
  readonly recovered?: RegExp;
}

const moments: readonly CreationMoment[] = [
  { resource: "preflight-git" },
  { resource: "talos-secrets" },
  { resource: "talos-k8s-1-inspect" },
  { resource: "talos-k8s-1-config" },
  {
    resource: "cluster-etcd",
    // etcd has begun to write: bootstrapped, but nobody has been told.
    happened: (lab) =>
      Promise.resolve(existsSync(join(lab.layout.machinesRoot, "k8s-1", "ephemeral", "etcd", "member"))),
  },
  {
    resource: "cluster-cilium",
    happened: async (lab) =>
      (await lab.run("kubectl", ["get", "secrets", "-n", "kube-system"])).output.includes("helm.release"),
    recovered: /removed Helm revision sh\.helm\.release\.v1\.cilium/,
  },
  { resource: "flux-secrets-deploy-key-pair" },
  {
    resource: "flux-secrets-deploy-key",
    happened: (lab) => Promise.resolve(registeredKeys(lab) === 1),
    recovered: /deploy key/,
  },
  {
    resource: "flux-install-bundle",
    happened: async (lab) =>
      (await lab.run("kubectl", ["get", "crds"])).output.includes("kustomizations.kustomize"),
  },
  { resource: "flux-self-management" },
  { resource: "flux-proof" },
  {
    resource: "flux-webhook",
    happened: (lab) => Promise.resolve(registeredWebhooks(lab) === 1),
    recovered: /removed webhook \d+ from home\/home-cluster/,
  },
];

describe("a killed up", () => {
  let lab: TestLab;
  let last: CreationMoment | undefined;
  beforeAll(async () => {
    lab = await TestLab.start("kill");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  for (const moment of moments)
    it(`goes on after a kill in ${moment.resource}`, async () => {
      const output = await killedAt(lab, moment);
      if (last?.recovered !== undefined) expect(output).toMatch(last.recovered);
      last = moment;
    });

  it("is finished by the next one", async () => {
    const { output } = await lab.finish();
    if (last?.recovered !== undefined) expect(output).toMatch(last.recovered);
    expect(registeredKeys(lab)).toBe(1);
    expect(registeredWebhooks(lab)).toBe(1);
    assertNoChange(await lab.finish());
  });
});

function registeredWebhooks(lab: TestLab): number {
  const file = join(lab.layout.state, "github.json");
  return (readFileSync(file, "utf8").match(/\/hook\//g) ?? []).length;
}

function registeredKeys(lab: TestLab): number {
  const file = join(lab.layout.state, "github.json");
  if (!existsSync(file)) return 0;
  return (readFileSync(file, "utf8").match(/ssh-ed25519 /g) ?? []).length;
}
