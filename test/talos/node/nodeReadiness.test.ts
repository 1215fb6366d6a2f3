import { describe, expect, it } from "@jest/globals";
import { nodeReadiness } from "../../../src/talos/node/metadata.ts";

describe("a node", () => {
  const node = (status: string, bootID: string): object => ({
    status: {
      nodeInfo: { bootID },
      conditions: [{ type: "Ready", status, message: "kubelet is posting ready status" }],
    },
  });

  it("is Ready when its kubelet says so of this boot", () =>
    expect(nodeReadiness("k8s-4", node("True", "b"), "b")).toStrictEqual({ done: true, value: undefined }));

  it("is not Ready by what was said before the reboot", () =>
    expect(nodeReadiness("k8s-4", node("True", "a"), "b")).toStrictEqual({
      done: false,
      missing: "k8s-4: its kubelet has not reported since the reboot",
    }));

  it("is not Ready while it is not there, or says so", () => {
    expect(nodeReadiness("k8s-4", undefined, "b").done).toBe(false);
    expect(nodeReadiness("k8s-4", node("False", "b"), "b").done).toBe(false);
  });
});
