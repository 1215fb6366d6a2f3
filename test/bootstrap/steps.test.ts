// The steps of the way to a cluster with Flux, on a cluster that is a list of objects.
import { describe, expect, it } from "@jest/globals";
import { makeDeployKey } from "../../src/bootstrap/steps/makeDeployKey.ts";
import * as contracts from "../../src/bootstrap/contracts.ts";
import { makeWebhookToken } from "../../src/bootstrap/steps/makeWebhookToken.ts";
import { waitForApi } from "../../src/bootstrap/steps/waitForApi.ts";
import { waitForNodes } from "../../src/bootstrap/steps/waitForNodes.ts";
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";
import { quickStep, quietStep } from "../fakes/clients.ts";

const kubeconfigText = "clusters:\n- cluster:\n    server: https://192.0.2.10:6443\n  name: x\n";

describe("the keys of a cluster", () => {
  it("are what their contracts say, and others each time", async () => {
    const [one, other] = [await makeDeployKey(), await makeDeployKey()];
    expect(contracts.makeDeployKey.result.parse(one)).toStrictEqual(one);
    expect(one.publicKey).toMatch(/^ssh-ed25519 \S+$/);
    expect(one.privateKey).not.toBe(other.privateKey);
    const tokens = [await makeWebhookToken(), await makeWebhookToken()].map(({ token }) => token);
    for (const token of tokens) expect(token).toMatch(/^[\da-f]{64}$/);
    expect(tokens[0]).not.toBe(tokens[1]);
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
    expect(await waitForApi(step, { kubeconfigText }, { kubernetes })).toBe("Kubernetes v1.35.4 answers");
    expect(lines).toStrictEqual(["forbidden"]);
  });

  it("is named with its endpoint when it does not come", async () => {
    const kubernetes = { version: () => Promise.reject(new Error("refused")) } as unknown as Kubernetes;
    await expect(waitForApi(quickStep(), { kubeconfigText }, { kubernetes })).rejects.toThrow(
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
    expect(await wait(quietStep().step, "True")).toBe("all 1 nodes are Ready");
  });

  it("are named when they do not become so", async () => {
    await expect(wait(quickStep(), "False")).rejects.toThrow(/all nodes Ready: not there after .*k8s-1/);
  });
});
