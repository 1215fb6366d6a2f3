import { describe, expect, it } from "@jest/globals";
import type { Kubernetes } from "../../../src/steps/kubernetes.ts";
import { reachableApi } from "../../../src/talos/kubernetes/clusterApi.ts";

const controlPlanes = [
  { name: "k8s-1", address: "192.0.2.11" },
  { name: "k8s-2", address: "192.0.2.12" },
];

/** A client whose endpoint and control planes answer or not, with the way that it takes. */
function api(alive: readonly string[], way = "endpoint"): Kubernetes & { readonly way: string } {
  return {
    way,
    within: () => api(alive, way),
    at: (address: string) => api(alive, address),
    version: () =>
      alive.includes(way) ? Promise.resolve("v1.36.3") : Promise.reject(new Error("EHOSTUNREACH")),
  } as unknown as Kubernetes & { readonly way: string };
}

async function wayWhen(...alive: readonly string[]): Promise<string> {
  const found = await reachableApi(api(alive), controlPlanes);
  return (found as unknown as { readonly way: string }).way;
}

describe("the way to the cluster's API", () => {
  it("is the endpoint while it answers", async () => {
    expect(await wayWhen("endpoint", "192.0.2.11")).toBe("endpoint");
  });

  it("is a control plane of its own while nobody holds the endpoint", async () => {
    expect(await wayWhen("192.0.2.12")).toBe("192.0.2.12");
  });

  it("is the endpoint again for whoever waits for it, when nothing answers", async () => {
    expect(await wayWhen()).toBe("endpoint");
  });
});
