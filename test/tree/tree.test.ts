// The shipped tree, whole and with one thing wrong in it at a time.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readTree } from "../../tree/readTree.ts";

const shipped = join(import.meta.dirname, "..", "..", "cluster");

describe("readTree", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tree-"));
    cpSync(shipped, root, { recursive: true });
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function change(file: string, ...replacements: readonly (readonly [string, string])[]): void {
    let text = readFileSync(join(root, file), "utf8");
    for (const [from, to] of replacements) {
      assert.ok(text.includes(from), `${file} has no ${from}`);
      text = text.replace(from, () => to);
    }
    writeFileSync(join(root, file), text);
  }

  it("finds nothing wrong with the shipped tree, and what the program needs of it", () => {
    const tree = readTree(shipped);
    expect(tree.problems).toStrictEqual([]);
    expect(tree.fluxVersion).toBe("v2.9.4");
    expect(tree.gitRepository.kind).toBe("GitRepository");
    expect(tree.clusterKustomization.spec?.["path"]).toBe("./cluster/flux");
    expect(tree.missingSecrets.toSorted()).toStrictEqual([
      "apps/default/smtp-relay/app/secret.sops.yaml",
      "apps/flux-system/notifications/app/secret.sops.yaml",
      "apps/networking/cloudflared/app/secret.sops.yaml",
      "flux/vars/cluster-secrets.sops.yaml",
    ]);
    expect(tree.sopsFiles).toStrictEqual([]);
    expect(typeof tree.ciliumValues["ipam"]).toBe("object");
  });

  it("reads Cilium's values as Helm does: no is false, 0700 is octal, and warns of a null, which does not arrive", () => {
    const values = "bootstrap/cilium/values.yaml";
    writeFileSync(
      join(root, values),
      "hubble: {enabled: no}\nenvoy: {enabled: off}\ntls: null\nmode: 0700\nname: 'no'\n",
    );
    const expected = {
      hubble: { enabled: false },
      envoy: { enabled: false },
      tls: null,
      mode: 448,
      name: "no",
    };
    const { ciliumValues, warnings } = readTree(root);
    expect(ciliumValues).toStrictEqual(expected);
    expect(warnings?.length).toBe(1);
    expect(warnings?.[0] ?? "").toMatch(
      /^bootstrap\/cilium\/values\.yaml:3: tls is null, .*provider drops it.* → write/,
    );
    writeFileSync(join(root, values), "a:\n  b: .inf\n");
    expect(() => readTree(root)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^bootstrap\/cilium\/values.yaml:2 holds .inf, which Helm /),
      }),
    );
  });

  it("names a variable that Flux would refuse, before it stops everything", () => {
    change("flux/vars/cluster-settings.yaml", ["  TIMEZONE:", "  smtp-relay-host: mail\n  TIMEZONE:"]);
    const [first, ...others] = readTree(root).problems;
    expect(first ?? "").toMatch(
      /^flux\/vars\/cluster-settings.yaml:11: .*"smtp-relay-host".*; write smtp_relay_host/,
    );
    expect(others).toStrictEqual([]);
  });

  it("lets a root pass that takes variables, as trees of former versions have it", () => {
    change("flux/config/cluster.yaml", [
      "  decryption:",
      "  postBuild:\n    substituteFrom:\n      - kind: Secret\n        name: cluster-secrets\n  decryption:",
    ]);
    expect(readTree(root).problems).toStrictEqual([]);
  });

  it("reads who can open an encrypted file", () => {
    writeFileSync(
      join(root, "flux/vars/cluster-secrets.sops.yaml"),
      "kind: Secret\nsops:\n  age:\n    - recipient: age1abc\n      enc: x\n",
    );
    const { sopsFiles, missingSecrets } = readTree(root);
    expect(sopsFiles).toStrictEqual([
      { path: "flux/vars/cluster-secrets.sops.yaml", recipients: ["age1abc"] },
    ]);
    expect(missingSecrets).toStrictEqual([
      "apps/default/smtp-relay/app/secret.sops.yaml",
      "apps/flux-system/notifications/app/secret.sops.yaml",
      "apps/networking/cloudflared/app/secret.sops.yaml",
    ]);
  });

  const flux = "flux/config/flux.yaml";
  const cluster = "flux/config/cluster.yaml";
  const wrong: readonly {
    readonly what: string;
    readonly file: string;
    readonly replace: readonly [string, string];
    readonly problem: string;
  }[] = [
    {
      what: "an object that Flux would write as well",
      file: cluster,
      replace: ["kustomize.toolkit.fluxcd.io/reconcile: disabled", "some: annotation"],
      problem: `${cluster}:7: GitRepository home-cluster lacks the annotation kustomize.toolkit.fluxcd.io/reconcile: disabled; without it Flux and Pulumi both write it`,
    },
    {
      what: "another repository than the one whose commits get a status",
      file: cluster,
      replace: ["ssh://git@github.com/home/home-cluster.git", "ssh://git@github.com/me/mine.git"],
      problem:
        "flux/vars/cluster-settings.yaml:14: GITHUB_REPOSITORY is home/home-cluster, but GitRepository home-cluster reads me/mine; write me/mine, or commits get no status",
    },
    {
      what: "an object in another namespace",
      file: flux,
      replace: ["namespace: flux-system", "namespace: default"],
      problem: `${flux}:9: OCIRepository flux-manifests is in namespace default; expected flux-system`,
    },
    {
      what: "a root whose deletion would take everything along",
      file: cluster,
      replace: ["  deletionPolicy: Orphan\n", ""],
      problem: `${cluster}:26: Kustomization cluster lacks deletionPolicy: Orphan; deleting it would delete everything that it applied`,
    },
    {
      what: "a root that is tried again in an hour",
      file: cluster,
      replace: ["  retryInterval: 2m\n", ""],
      problem: `${cluster}:26: Kustomization cluster lacks retryInterval; without it a failed build is tried again only after its interval`,
    },
    {
      what: "a Flux without a version",
      file: flux,
      replace: ["tag: v2.9.4", "tag: latest"],
      problem: `${flux}:16: OCIRepository flux-manifests pins "latest"; expected spec.ref.tag such as v2.9.4, so that a preview shows which Flux comes`,
    },
    {
      what: "substitution in Flux's own manifests",
      file: flux,
      replace: ["  path: ./\n", "  path: ./\n  postBuild: {}\n"],
      problem: `${flux}:30: Kustomization flux has postBuild; remove it, substitution breaks Flux's own manifests`,
    },
    {
      what: "an API version that the pinned Flux removed",
      file: "apps/default/podinfo/app/helmrelease.yaml",
      replace: ["helm.toolkit.fluxcd.io/v2", "helm.toolkit.fluxcd.io/v2beta2"],
      problem:
        "HelmRelease podinfo is of helm.toolkit.fluxcd.io/v2beta2, which Flux 2.8 removed; write helm.toolkit.fluxcd.io/v2 (npm run migrate:flux shows and makes this change everywhere)",
    },
    {
      what: "a variable that nothing defines",
      file: "apps/default/podinfo/app/helmrelease.yaml",
      replace: ["${SECRET_DOMAIN}", "${SECRET_DOMAINS}"],
      problem:
        "uses ${SECRET_DOMAINS}, which nothing defines; add it to flux/vars, give it a default (${SECRET_DOMAINS:=…}), or write $${SECRET_DOMAINS} for the text itself",
    },
  ];
  it.each(wrong)("names $what", ({ file, replace, problem }) => {
    change(file, replace);
    const { problems } = readTree(root);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.ok(problems[0]?.endsWith(problem), problems[0]);
  });

  it("says the line of an undefined variable", () => {
    change("apps/default/podinfo/app/helmrelease.yaml", ["${SECRET_DOMAIN}", "${OTHER}"]);
    expect(readTree(root).problems[0] ?? "").toMatch(
      /^apps\/default\/podinfo\/app\/helmrelease\.yaml:23: uses/,
    );
  });

  it("takes a default, an escaped text and a Kustomization's own variables for defined", () => {
    change("apps/default/podinfo/app/helmrelease.yaml", ["${SECRET_DOMAIN}", "${A:=a}-$${B}-${C}"]);
    change("apps/default/podinfo/ks.yaml", ["spec:\n", "spec:\n  postBuild: {substitute: {C: c}}\n"]);
    expect(readTree(root).problems).toStrictEqual([]);
  });

  it("leaves a Kustomization alone that opted out", () => {
    // It has shell variables in it, which is why it did.
    expect(readFileSync(join(root, "apps/default/backup/app/script.yaml"), "utf8")).toMatch(/\$\{\w+\}/);
    change("apps/default/backup/ks.yaml", ['substitution.flux.home.arpa/disabled: "true"', "some: label"]);
    expect(readTree(root).problems.length).not.toBe(0);
  });

  it("stops at a file that is missing, or no YAML, or lacks the object", () => {
    change(flux, ["name: flux-manifests", "name: manifests"]);
    expect(() => readTree(root)).toThrow(
      expect.objectContaining({
        message: `${flux} has no OCIRepository named flux-manifests; it has OCIRepository manifests, Kustomization flux`,
      }),
    );
    writeFileSync(join(root, flux), "a: [1\n");
    expect(() => readTree(root)).toThrow(/^flux\/config\/flux\.yaml.*[:\s]\d+/);
    rmSync(join(root, cluster));
    cpSync(join(shipped, flux), join(root, flux));
    expect(() => readTree(root)).toThrow(
      expect.objectContaining({ message: `${cluster} is missing in ${root}` }),
    );
  });
});
