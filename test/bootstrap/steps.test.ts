// The steps of the way to a cluster with Flux, on a cluster that is a list of objects.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeDeployKey } from "../../src/bootstrap/deployKey.ts";
import * as contracts from "../../src/bootstrap/steps/contracts.ts";
import { makeWebhookToken } from "../../src/bootstrap/steps/makeWebhookToken.ts";
import { waitForApi } from "../../src/bootstrap/steps/waitForApi.ts";
import { waitForNodes } from "../../src/bootstrap/steps/waitForNodes.ts";
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";
import { quickStep, quietStep } from "../fakes/clients.ts";

const kubeconfigText = "clusters:\n- cluster:\n    server: https://192.0.2.10:6443\n  name: x\n";

describe("the keys of a cluster", () => {
  it("are what their contracts say, and others each time", async () => {
    const [one, other] = [await makeDeployKey(), await makeDeployKey()];
    assert.deepEqual(contracts.makeDeployKey.result.parse(one), one);
    assert.match(one.publicKey, /^ssh-ed25519 \S+$/);
    assert.notEqual(one.privateKey, other.privateKey);
    const tokens = [await makeWebhookToken(), await makeWebhookToken()].map(({ token }) => token);
    for (const token of tokens) assert.match(token, /^[\da-f]{64}$/);
    assert.notEqual(tokens[0], tokens[1]);
  });
});

describe("the Kubernetes API", () => {
  it("is there when it has the default objects too", async () => {
    let looks = 0;
    const kubernetes = {
      version: () => Promise.resolve("v1.35.4"),
      list: () => ((looks += 1) < 3 ? Promise.reject(new Error("forbidden")) : Promise.resolve([])),
    } as unknown as Kubernetes;
    const { step, lines } = quietStep();
    assert.equal(await waitForApi(step, { kubeconfigText }, { kubernetes }), "Kubernetes v1.35.4 answers");
    assert.deepEqual(lines, ["forbidden"]);
  });

  it("is named with its endpoint when it does not come", async () => {
    const kubernetes = { version: () => Promise.reject(new Error("refused")) } as unknown as Kubernetes;
    await assert.rejects(
      waitForApi(quickStep(), { kubeconfigText }, { kubernetes }),
      /at cluster\.endpoint .*192\.0\.2\.10.*: not there after .* refused/,
    );
  });
});

describe("the nodes", () => {
  const node = (name: string, status: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: {}, annotations: {} },
    spec: {},
    status: {
      conditions: [{ type: "Ready", status, message: "no network" }],
      addresses: [{ type: "InternalIP", address: "192.0.2.11" }],
    },
  });
  const wait = (step: Parameters<typeof waitForNodes>[0], status: string): Promise<string> => {
    const kubernetes = {
      read: (_version: string, _kind: string, name: string) => Promise.resolve(node(name, status)),
      list: () => Promise.resolve([node("k8s-1", status)]),
    } as unknown as Kubernetes;
    const nodes = [{ name: "k8s-1", address: "192.0.2.11" }];
    return waitForNodes(step, { nodes, kubeconfigText }, { kubernetes });
  };

  it("are waited for until all are Ready", async () => {
    assert.equal(await wait(quietStep().step, "True"), "all 1 nodes are Ready");
  });

  it("are named when they do not become so", async () => {
    await assert.rejects(wait(quickStep(), "False"), /all nodes Ready: not there after .*k8s-1/);
  });
});
