import { describe, expect, it } from "@jest/globals";
import { compareStorage, definitionsIn, type Definition } from "../../../src/flux/bump/definitions.ts";

const definition = (overrides: Partial<Definition> = {}): Definition => ({
  name: "helmreleases.helm.toolkit.fluxcd.io",
  group: "helm.toolkit.fluxcd.io",
  kind: "HelmRelease",
  versions: ["v2", "v2beta2"],
  storage: "v2",
  stored: ["v2"],
  ...overrides,
});

describe("what a Flux bump does to stored objects", () => {
  it("reads definitions among other objects", () => {
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "helmreleases.helm.toolkit.fluxcd.io" },
      spec: {
        group: "helm.toolkit.fluxcd.io",
        names: { kind: "HelmRelease" },
        versions: [
          { name: "v2", storage: true },
          { name: "v2beta2", storage: false },
        ],
      },
      status: { storedVersions: ["v2beta2", "v2"] },
    };
    const other = { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } };
    expect(definitionsIn([other, crd])).toStrictEqual([definition({ stored: ["v2beta2", "v2"] })]);
  });

  const bundle = [definition({ versions: ["v2"], stored: [] })];

  it("finds nothing to do where all objects lie in a version that stays", () => {
    expect(compareStorage([definition()], bundle)).toStrictEqual({ migrate: [], refused: [] });
  });

  it("finds what must be stored anew", () => {
    const old = definition({ stored: ["v2beta2", "v2"] });
    expect(compareStorage([old], bundle)).toStrictEqual({ migrate: [old], refused: [] });
  });

  it("refuses where even the newest version of the old definition is gone", () => {
    const old = definition({ versions: ["v2beta2"], storage: "v2beta2", stored: ["v2beta2"] });
    expect(compareStorage([old], bundle)).toStrictEqual({
      migrate: [],
      refused: [
        "HelmReleases are stored as helm.toolkit.fluxcd.io/v2beta2, and the new definition has v2 only",
      ],
    });
  });

  it("leaves a definition alone that the bundle does not have", () => {
    const gone = definition({ name: "receivers.notification.toolkit.fluxcd.io", stored: ["v1beta1"] });
    expect(compareStorage([gone], bundle)).toStrictEqual({ migrate: [], refused: [] });
  });
});
