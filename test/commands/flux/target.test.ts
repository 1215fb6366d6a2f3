import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { milliseconds } from "../../../commands/frame.ts";
import { kindNamed } from "../../../commands/flux/kinds.ts";
import { nextStep } from "../../../commands/flux/remedies.ts";
import { healthOf } from "../../../commands/flux/health.ts";
import { notThere, readTarget, wordOf } from "../../../commands/flux/target.ts";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import { broken, fluxObject, kustomization, type Saying } from "./objects.ts";

describe("a kind", () => {
  it.each([
    ["Kustomization", "Kustomization", "kustomize.toolkit.fluxcd.io/v1"],
    ["ks", "Kustomization", "kustomize.toolkit.fluxcd.io/v1"],
    ["HELMRELEASES", "HelmRelease", "helm.toolkit.fluxcd.io/v2"],
    ["hr", "HelmRelease", "helm.toolkit.fluxcd.io/v2"],
    ["gitrepositories", "GitRepository", "source.toolkit.fluxcd.io/v1"],
    ["oci", "OCIRepository", "source.toolkit.fluxcd.io/v1"],
    ["helmrepo", "HelmRepository", "source.toolkit.fluxcd.io/v1"],
    ["chart", "HelmChart", "source.toolkit.fluxcd.io/v1"],
    ["receiver", "Receiver", "notification.toolkit.fluxcd.io/v1"],
    ["alert", "Alert", "notification.toolkit.fluxcd.io/v1beta3"],
  ] as const)("is known as %s", (word, kind, apiVersion) => {
    expect({ kind: kindNamed(word).kind, apiVersion: kindNamed(word).apiVersion }).toStrictEqual({
      kind,
      apiVersion,
    });
  });

  it("that is misspelt is corrected", () => {
    expect(() => kindNamed("HelmRelese")).toThrow(
      expect.objectContaining({
        message: "there is no kind HelmRelese",
        todo: "did you mean HelmRelease?",
      }),
    );
  });
});

describe("an object's name", () => {
  it("has a kind, a namespace and a name", () => {
    expect(wordOf(readTarget("hr/default/podinfo"))).toBe("HelmRelease/default/podinfo");
    expect(() => readTarget("hr/podinfo")).toThrow(
      expect.objectContaining({
        message: "hr/podinfo names no object",
        todo: expect.stringMatching(/^write <kind>/),
      }),
    );
    expect(() => readTarget("hr/a/b/c")).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/names no object/) }),
    );
  });

  const others: readonly KubeObject[] = [
    fluxObject("HelmRelease", "podinfo", {}, { namespace: "default" }),
    fluxObject("HelmRelease", "traefik", {}, { namespace: "networking" }),
  ];
  it.each([
    ["hr/default/podnfo", "did you mean HelmRelease/default/podinfo?"],
    ["hr/flux-system/traefik", "did you mean HelmRelease/networking/traefik?"],
    ["hr/x/quite-another-thing", "there are default/podinfo, networking/traefik"],
  ] as const)("is compared with those that exist: %s", (word, words) => {
    expect(notThere(readTarget(word), others).todo).toBe(words);
  });
});

describe("a timeout", () => {
  it("is written as Flux writes durations", () => {
    expect([milliseconds("90s"), milliseconds("10m"), milliseconds("1h")]).toStrictEqual([
      90_000, 600_000, 3_600_000,
    ]);
    for (const wrong of ["10", "0s", "ten minutes", "-1m"])
      expect(() => milliseconds(wrong)).toThrow(/is no duration/);
  });
});

const refused = "envsubst error: 'smtp-relay-host' var name is invalid, must match '^[_[:alpha:]]'";
const takes = {
  postBuild: {
    substituteFrom: [
      { kind: "ConfigMap", name: "cluster-settings" },
      { kind: "Secret", name: "cluster-secrets" },
    ],
  },
};
const delivered = { inventory: { entries: [{ id: "flux-system_cluster-settings__ConfigMap", v: "v1" }] } };

describe("the next step", () => {
  const rows: readonly (readonly [what: string, object: KubeObject, todo: RegExp])[] = [
    [
      "a tree that does not build",
      kustomization("a", broken),
      /does not build: fix it, push, npm run reconcile$/,
    ],
    [
      "a path that is not there",
      kustomization("a", failing("kustomization path not found: stat /tmp/x"), { spec: { path: "./gone" } }),
      /spec\.path \.\/gone is not in the repository/,
    ],
    [
      "a dependency that is not there",
      kustomization("a", failing("dependency 'flux-system/b' not found: x")),
      /nothing is called flux-system\/b: correct spec\.dependsOn/,
    ],
    [
      "an immutable field",
      kustomization("a", failing("Deployment/x dry-run failed (Invalid): spec.selector: field is immutable")),
      /npm run flux -- force Kustomization\/flux-system\/a deletes the object/,
    ],
    [
      "a kind that is not there",
      kustomization("a", failing("no matches for kind")),
      /let spec\.dependsOn name/,
    ],
    [
      "a name of a variable that Flux refuses",
      kustomization("a", failing(refused), { spec: takes }),
      /^Flux refuses the name of the variable smtp-relay-host: .*ConfigMap cluster-settings or Secret cluster-secrets.*push/,
    ],
    [
      "the same in a root that delivers it",
      kustomization("cluster", failing(refused), { spec: takes, status: delivered }),
      /; in the cluster: kubectl -n flux-system patch configmap cluster-settings --type merge -p '\{"data":\{"smtp-relay-host":null\}\}'; then npm run reconcile\. For ever: take postBuild out .* npm run up$/,
    ],
    [
      "a value that is no YAML in a Kustomization that delivers it",
      kustomization("a", failing("envsubst error: YAMLToJSON: yaml: line 4"), {
        spec: takes,
        status: delivered,
      }),
      /^correct the variables of ConfigMap cluster-settings, and push\..*kubectl -n flux-system edit configmap cluster-settings; then npm run reconcile/,
    ],
    ["a missing variable", kustomization("a", failing("variable not set (strict mode)")), /has no value/],
    ["a wrong age key", kustomization("a", failing("cannot get sops data key")), /sops updatekeys/],
    [
      "a chart that is not there",
      fluxObject("HelmChart", "a", failing("invalid chart reference")),
      /no such chart/,
    ],
    [
      "a failing release",
      fluxObject("HelmRelease", "a", failing("Helm upgrade failed: context deadline exceeded")),
      /look at its pods, .* npm run flux -- force HelmRelease\/flux-system\/a$/,
    ],
    [
      "a refused deploy key",
      fluxObject("GitRepository", "a", failing("unable to authenticate")),
      /refused the deploy key/,
    ],
    [
      "what a person has suspended",
      kustomization("a", {}, { spec: { suspend: true } }),
      /npm run flux -- resume Kustomization\/flux-system\/a/,
    ],
    [
      "the hand-off, suspended",
      kustomization("cluster", {}, { spec: { suspend: true } }),
      /suspend: false in the stack/,
    ],
    [
      "something new",
      kustomization("a", failing("quite new")),
      /kubectl -n flux-system describe Kustomization a/,
    ],
  ];
  it.each(rows)("is known for %s", (_what, object, todo) => {
    const [health] = healthOf([object]);
    assert.ok(health);
    expect(nextStep(health)).toMatch(todo);
  });
});

function failing(message: string): Saying {
  return { status: "False", reason: "ReconciliationFailed", message };
}
