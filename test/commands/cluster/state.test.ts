import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kubeconfigOf, type StateResource } from "../../../commands/recover/state.ts";

const fetched: StateResource = {
  urn: "urn:1",
  type: "talos:cluster/kubeconfig:Kubeconfig",
  outputs: { kubeconfigRaw: { plaintext: JSON.stringify("server: https://192.0.2.9:6443") } },
};
const provider: StateResource = {
  urn: "urn:2",
  type: "pulumi:providers:kubernetes",
  inputs: { kubeconfig: { plaintext: JSON.stringify("server: https://192.0.2.10:6443") } },
};

describe("the kubeconfig in a state", () => {
  const of = (...resources: StateResource[]): string | undefined =>
    kubeconfigOf({ version: 3, deployment: { resources } });

  it("is the one that the program uses, also after the endpoint has moved", () => {
    assert.equal(of(fetched, provider), "server: https://192.0.2.10:6443");
  });

  it("is the one that was fetched before anything used it", () => {
    assert.equal(of(fetched), "server: https://192.0.2.9:6443");
    assert.equal(of(), undefined);
  });
});
