// Another Cilium: its version, its values, and one that does not become ready, which Helm takes back.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { assertPreview } from "./changes.ts";
import type { KubeObject } from "./handOffFacts.ts";
import { newest, oldest } from "./savedLab.ts";
import { TestLab } from "./testLab.ts";
import { ciliumVersion, notReady } from "./versions.ts";
import { finishWhileWatched } from "./watch.ts";

jest.setTimeout(1_200_000);

const policy = "no-new-agents";

describe("a bump of Cilium", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("ha");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const setVersion = (cilium: string): void => {
    lab.changeConfig({ versions: (value) => ({ ...value, cilium }) });
  };

  it("stops before anything is touched when the repository does not have the version", async () => {
    setVersion("1.20.9");
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(
      /helm\.cilium\.io\/ has no version 1\.20\.9 of cilium; of 1\.20 it has 1\.20\.1, 1\.20\.0/,
    );
    expect(output).toMatch(/no machine has been touched; correct versions\.cilium/);
    expect(await ciliumVersion(lab)).toBe(oldest.cilium);
  });

  it("shows the version with its chart, and nothing else", async () => {
    setVersion(newest.cilium);
    const chart = (version: string): string => `backups/${lab.name}/cilium-${version}.tgz`;
    await assertPreview(lab, [
      `talos-prepare update environment.CILIUM_VERSION: ${oldest.cilium} → ${newest.cilium}`,
      `cluster-cilium update version: ${oldest.cilium} → ${newest.cilium}`,
      `cluster-cilium update chart: ${chart(oldest.cilium)} → ${chart(newest.cilium)}`,
      // Once on every cluster (docs/decisions/0008).
      "cluster-cilium update atomic: false → true",
    ]);
  });

  it("is taken back when its pods do not become ready; the nodes stay Ready", async () => {
    await refuseAgents(lab, newest.cilium);
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(
      /Cilium 1\.20\.1 was not ready after 45 s: Helm has rolled it back, and 1\.19\.7 runs/,
    );
    expect(output).toMatch(/→ look at: kubectl -n kube-system get events,pods .*run npm run up again/);
    expect(await ciliumVersion(lab)).toBe(oldest.cilium);
    expect(await readyAgents(lab)).toBe(5);
    expect(await notReady(lab)).toStrictEqual([]);
  });

  it("is finished by the next up once the cause is gone", async () => {
    await allowAgents(lab);
    await finishWhileWatched(lab);
    expect(await ciliumVersion(lab)).toBe(newest.cilium);
    expect(await readyAgents(lab)).toBe(5);
  });

  it("of values shows the changed values, and brings them", async () => {
    await lab.commit("Show flows", {
      "cluster/bootstrap/cilium/values.yaml": (text) =>
        text.replace("hubble:\n  enabled: false", "hubble:\n  enabled: true"),
    });
    await assertPreview(lab, ["cluster-cilium update values.hubble.enabled: false → true"]);
    await finishWhileWatched(lab);
    const config = await lab.get<KubeObject>(["configmap", "cilium-config", "-n", "kube-system"]);
    expect(config.data?.["enable-hubble"]).toBe("true");
  });

  it("goes back one minor, and not two", async () => {
    setVersion("1.18.5");
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(
      /the cluster has Cilium 1\.20\.1, asked is 1\.18\.5, 2 minors back → .*1\.19\.7, then 1\.18\.5/,
    );
    setVersion(oldest.cilium);
    await finishWhileWatched(lab);
    expect(await ciliumVersion(lab)).toBe(oldest.cilium);
  });
});

/** How many agents are of the current template and ready. */
async function readyAgents(lab: TestLab): Promise<number> {
  const { status } = await lab.get<
    KubeObject & { status: { updatedNumberScheduled: number; numberReady: number } }
  >(["daemonset", "cilium", "-n", "kube-system"]);
  return Math.min(status.updatedNumberScheduled, status.numberReady);
}

/** Something in the cluster that does not let Cilium's pods of that version in, as a policy engine may. */
async function refuseAgents(lab: TestLab, version: string): Promise<void> {
  const file = join(lab.layout.secrets, "policy.json");
  const metadata = { name: policy };
  const validations = [
    {
      expression: `object.spec.containers.all(c, !c.image.endsWith("cilium:v${version}"))`,
      message: "not that one",
    },
  ];
  const resourceRules = [
    { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] },
  ];
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [
        {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicy",
          metadata,
          spec: { failurePolicy: "Fail", matchConstraints: { resourceRules }, validations },
        },
        {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicyBinding",
          metadata,
          spec: { policyName: policy, validationActions: ["Deny"] },
        },
      ],
    }),
  );
  await lab.ok("kubectl", "apply", "-f", file);
  // The API server takes a moment to learn it.
  await lab.until("the policy refuses", async () => {
    const { code } = await lab.run("kubectl", [
      "run",
      "probe",
      `--image=quay.io/cilium/cilium:v${version}`,
      "--dry-run=server",
    ]);
    return code !== 0;
  });
}

async function allowAgents(lab: TestLab): Promise<void> {
  await lab.ok("kubectl", "delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", policy);
}
