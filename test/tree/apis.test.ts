import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { removalOf } from "../../tree/apis.ts";

describe("removed API versions of Flux", () => {
  it("are gone from the minor on that removed them", () => {
    const of = (flux: string): unknown => removalOf("helm.toolkit.fluxcd.io/v2beta2", "HelmRelease", flux);
    assert.equal(of("v2.7.3"), undefined);
    assert.deepEqual(of("v2.8.0"), { minor: "2.8", instead: "helm.toolkit.fluxcd.io/v2" });
    assert.deepEqual(of("v2.9.4"), { minor: "2.8", instead: "helm.toolkit.fluxcd.io/v2" });
  });

  it("have a successor of their own for kinds that are still beta", () => {
    assert.equal(
      removalOf("notification.toolkit.fluxcd.io/v1beta2", "Alert")?.instead,
      "notification.toolkit.fluxcd.io/v1beta3",
    );
    assert.equal(
      removalOf("notification.toolkit.fluxcd.io/v1beta2", "Receiver")?.instead,
      "notification.toolkit.fluxcd.io/v1",
    );
  });

  it("are none of what is served, and none of other people's groups", () => {
    assert.equal(removalOf("helm.toolkit.fluxcd.io/v2", "HelmRelease"), undefined);
    assert.equal(removalOf("example.com/v1beta1", "Kustomization"), undefined);
    assert.equal(removalOf("v1", "ConfigMap"), undefined);
  });
});
