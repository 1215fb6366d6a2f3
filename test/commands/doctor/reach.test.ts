import { describe, expect, it } from "@jest/globals";
import { reach } from "../../../commands/doctor/cluster/reach.ts";
import type { Kubernetes } from "../../../src/steps/kubernetes.ts";

/** A client of an endpoint, and of control planes by their addresses, of which only some answer. */
function client(endpoint: boolean, alive: readonly string[] = []): Kubernetes {
  const answer = (answers: boolean): object => ({
    version: async () => {
      if (!answers) throw new Error("Kubernetes API: no answer in time");
      return "v1.35.4";
    },
  });
  return {
    ...answer(endpoint),
    at: (address: string) => answer(alive.includes(address)),
  } as unknown as Kubernetes;
}

const controlPlanes = { "k8s-1": "192.0.2.11", "k8s-2": "192.0.2.12" };

describe("the way to a cluster", () => {
  it("is its endpoint", async () => {
    const { version, detour } = await reach({ kubernetes: client(true), controlPlanes }, 1);
    expect([version, detour]).toStrictEqual(["v1.35.4", undefined]);
  });

  it("is a control plane that answers where the endpoint is dead, and says so", async () => {
    const { detour } = await reach({ kubernetes: client(false, ["192.0.2.12"]), controlPlanes }, 1);
    expect(detour).toBe(
      "the cluster's endpoint does not answer (Kubernetes API: no answer in time); looked through k8s-2",
    );
  });

  it("is none where nobody answers, with what to look at", async () => {
    await expect(reach({ kubernetes: client(false), controlPlanes }, 1)).rejects.toMatchObject({
      message: expect.stringMatching(
        /does not answer: Kubernetes API: no answer in time; nor does k8s-1, k8s-2 by itself$/,
      ),
      todo: expect.stringMatching(/^npm run doctor says/),
    });
  });
});
