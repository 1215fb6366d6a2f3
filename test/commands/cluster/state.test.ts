import { describe, expect, it } from "@jest/globals";
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
    expect(of(fetched, provider)).toBe("server: https://192.0.2.10:6443");
  });

  it("is the one that was fetched before anything used it", () => {
    expect(of(fetched)).toBe("server: https://192.0.2.9:6443");
    expect(of()).toBe(undefined);
  });
});
