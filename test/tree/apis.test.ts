import { describe, expect, it } from "@jest/globals";
import { removalOf } from "../../tree/apis.ts";

describe("removed API versions of Flux", () => {
  it("are gone from the minor on that removed them", () => {
    const of = (flux: string): unknown => removalOf("helm.toolkit.fluxcd.io/v2beta2", "HelmRelease", flux);
    expect(of("v2.7.3")).toBe(undefined);
    expect(of("v2.8.0")).toStrictEqual({ minor: "2.8", instead: "helm.toolkit.fluxcd.io/v2" });
    expect(of("v2.9.4")).toStrictEqual({ minor: "2.8", instead: "helm.toolkit.fluxcd.io/v2" });
  });

  it("have a successor of their own for kinds that are still beta", () => {
    expect(removalOf("notification.toolkit.fluxcd.io/v1beta2", "Alert")?.instead).toBe(
      "notification.toolkit.fluxcd.io/v1beta3",
    );
    expect(removalOf("notification.toolkit.fluxcd.io/v1beta2", "Receiver")?.instead).toBe(
      "notification.toolkit.fluxcd.io/v1",
    );
  });

  it("are none of what is served, and none of other people's groups", () => {
    expect(removalOf("helm.toolkit.fluxcd.io/v2", "HelmRelease")).toBe(undefined);
    expect(removalOf("example.com/v1beta1", "Kustomization")).toBe(undefined);
    expect(removalOf("v1", "ConfigMap")).toBe(undefined);
  });
});
