import { describe, expect, it } from "@jest/globals";
import { kubeconfigOf, type StateResource } from "../../../commands/pulumi/state.ts";

/** What the state has of a secret. */
function marked(value: string): object {
  return {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
  };
}

const fetched: StateResource = {
  urn: "urn:1",
  type: "talos:cluster/kubeconfig:Kubeconfig",
  outputs: { kubeconfigRaw: marked("server: https://192.0.2.9:6443") },
};
const provider: StateResource = {
  urn: "urn:2",
  type: "pulumi:providers:kubernetes",
  inputs: { kubeconfig: marked("server: https://192.0.2.10:6443") },
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
