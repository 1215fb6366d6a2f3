// Another Flux: one changed line in the tree. What stands in its way is said before anything is written; the objects are
// backed up and stored so that the new version can read them; going back is the same with `git revert`.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { Decrypter } from "age-encryption";
import { parseAllDocuments } from "yaml";
import { assertPreview } from "./changes.ts";
import { setFluxTag } from "./fluxTag.ts";
import * as facts from "./handOffFacts.ts";
import type { Get, KubeObject } from "./handOffFacts.ts";
import { newest, oldest } from "./savedLab.ts";
import { project, TestLab } from "./testLab.ts";
import { fluxVersions } from "./versions.ts";
import { finishWhileWatched } from "./watch.ts";

jest.setTimeout(1_200_000);

/** Images of both releases. */
const images = {
  old: {
    "source-controller": "source-controller:v1.7.3",
    "kustomize-controller": "kustomize-controller:v1.7.2",
    "helm-controller": "helm-controller:v1.4.3",
    "notification-controller": "notification-controller:v1.7.4",
  },
  new: {
    "source-controller": "source-controller:v1.9.4",
    "kustomize-controller": "kustomize-controller:v1.9.4",
    "helm-controller": "helm-controller:v1.6.3",
    "notification-controller": "notification-controller:v1.9.3",
  },
};
const definition = "helmrepositories.source.toolkit.fluxcd.io";
const [current, former] = ["v1", "v1beta2"];

describe("a bump of Flux", () => {
  let lab: TestLab;
  const get: Get = (args) => lab.get(args);
  beforeAll(async () => {
    lab = await TestLab.restored("ha");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const backups = (): readonly string[] => {
    const folder = join(project, "backups", lab.name);
    return existsSync(folder)
      ? readdirSync(folder)
          .filter((file) => file.endsWith("-flux.yaml.age"))
          .map((file) => join(folder, file))
      : [];
  };

  /** One `up` that is refused, with nothing written anywhere. */
  async function refused(expected: readonly RegExp[]): Promise<void> {
    const versionBefore = await resourceVersion();
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    for (const pattern of expected) expect(output).toMatch(pattern);
    expect(backups()).toStrictEqual([]);
    expect(await resourceVersion()).toBe(versionBefore);
    expect(await fluxVersions(lab)).toStrictEqual([oldest.flux]);
  }
  const resourceVersion = async (): Promise<number> =>
    (
      await lab.get<KubeObject & { metadata: { generation: number } }>([
        "ocirepository",
        "flux-manifests",
        "-n",
        "flux-system",
      ])
    ).metadata.generation;

  it("is refused where the tree holds what it does not know any more, with the command that fixes it", async () => {
    await setFluxTag(lab, newest.flux);
    await lab.commit("An old object", {
      "cluster/apps/default/old.yaml": () =>
        "apiVersion: helm.toolkit.fluxcd.io/v2beta2\nkind: HelmRelease\nmetadata:\n  name: old\n",
    });
    await refused([
      /apps\/default\/old\.yaml:1: HelmRelease old is of helm\.toolkit\.fluxcd\.io\/v2beta2, which Flux 2\.8 removed; write helm\.toolkit\.fluxcd\.io\/v2 \(npm run migrate:flux/,
    ]);
    const migrate = await lab.run("npm", [
      "run",
      "-s",
      "migrate:flux",
      "--",
      join(lab.layout.repo, "cluster"),
    ]);
    expect(migrate.code).toBe(1);
    expect(migrate.output).toMatch(
      /-apiVersion: helm\.toolkit\.fluxcd\.io\/v2beta2\n\+apiVersion: helm\.toolkit\.fluxcd\.io\/v2\n/,
    );
    await lab.git("revert", "--no-edit", "HEAD");
    await lab.push();
  });

  // Not pushed: a push reconciles at once, and the running Flux would take the mistake.
  it("is refused where the tree uses a variable that nothing defines", () =>
    lab.withFile(
      join(lab.layout.repo, "cluster", "flux", "vars", "cluster-settings.yaml"),
      (right) => right.replace("  INGRESS_CLASS: traefik\n", ""),
      () => refused([/\$\{INGRESS_CLASS\}/]),
    ));

  it("is refused where the registry does not have it", async () => {
    await setFluxTag(lab, "v2.9.9");
    await refused([
      /ghcr\.io answers HTTP 404 for fluxcd\/flux-manifests\/manifests\/v2\.9\.9/,
      /→ set spec\.ref\.tag .* to a released version/,
    ]);
    await lab.git("revert", "--no-edit", "HEAD");
    await lab.push();
  });

  it("shows exactly one changed line", async () => {
    await assertPreview(lab, [`flux-flux-manifests update spec.ref.tag: ${oldest.flux} → ${newest.flux}`]);
    expect(await lab.preview()).toMatch(/ ~ 1 to update\n/);
  });

  it("takes the cluster there, with all objects backed up and stored anew where the new one needs it", async () => {
    await storeInFormerVersion(lab);
    expect(await storedVersion(lab)).toBe(former);
    const { output } = await finishWhileWatched(lab);
    expect(output).toMatch(/HelmRepository: \d+ objects stored anew as source\.toolkit\.fluxcd\.io\/v1/);
    expect(await storedVersion(lab)).toBe(current);
    expect(await storedVersions(lab)).toStrictEqual([current]);
    await everythingAt(newest.flux, images.new);
  });

  it("has left a backup that the age key opens and kubectl can apply", async () => {
    const [file = "", ...more] = backups();
    expect(more).toStrictEqual([]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(
      /^AGE-SECRET-KEY-1\w+$/m.exec(readFileSync(join(lab.layout.secrets, "age.txt"), "utf8"))?.[0] ?? "",
    );
    const text = await decrypter.decrypt(readFileSync(file), "text");
    const names = parseAllDocuments(text)
      .map((document) => document.toJS() as KubeObject)
      .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`);
    for (const name of [
      "OCIRepository flux-system/flux-manifests",
      "Kustomization flux-system/flux",
      "GitRepository flux-system/home-cluster",
      "HelmRelease default/podinfo",
      "HelmRepository default/former",
    ])
      assert.ok(names.includes(name), `${name} in ${names.join(", ")}`);
    const copy = join(lab.layout.secrets, "objects.yaml");
    writeFileSync(copy, text, { mode: 0o600 });
    await lab.ok("kubectl", "apply", "--dry-run=server", "-f", copy);
  });

  it("goes back with git revert and up", async () => {
    const tag = await lab.git("log", "--format=%H", "--grep", `Take Flux to ${newest.flux}`);
    await lab.git("revert", "--no-edit", tag.trim());
    await lab.push();
    await assertPreview(lab, [`flux-flux-manifests update spec.ref.tag: ${newest.flux} → ${oldest.flux}`]);
    await finishWhileWatched(lab);
    await everythingAt(oldest.flux, images.old);
    expect(backups().length).toBe(2);
  });

  async function everythingAt(version: string, expected: Readonly<Record<string, string>>): Promise<void> {
    const commit = (await lab.git("rev-parse", "HEAD")).trim();
    await facts.fluxOwnsItsCrds(get, version);
    await facts.controllersAreTuned(get, expected);
    await facts.fluxAloneOwnsItsControllers(get);
    await facts.pulumiAloneOwnsTheHandOff(get);
    await facts.fluxRunsItself(get, version);
    await facts.rootIsAtTheCommit(get, commit);
    await facts.everythingIsReady(get);
    expect(await fluxVersions(lab)).toStrictEqual([version]);
  }
});

interface Crd extends KubeObject {
  readonly spec: KubeObject["spec"] & { readonly versions: readonly { name: string; storage: boolean }[] };
  readonly status: KubeObject["status"] & { readonly storedVersions: readonly string[] };
}

async function storedVersions(lab: TestLab): Promise<readonly string[]> {
  return (await lab.get<Crd>(["crd", definition])).status.storedVersions;
}

/** Leaves what clusters have that once ran an older Flux: an object that lies in etcd in a version of then. */
async function storeInFormerVersion(lab: TestLab): Promise<void> {
  const { versions } = (await lab.get<Crd>(["crd", definition])).spec;
  const store = async (wanted: string): Promise<void> => {
    const patch = versions.map(({ name }, index) => ({
      op: "replace",
      path: `/spec/versions/${String(index)}/storage`,
      value: name === wanted,
    }));
    await lab.ok("kubectl", "patch", "crd", definition, "--type=json", "--patch", JSON.stringify(patch));
  };
  await store(former);
  const file = join(lab.layout.secrets, "former.yaml");
  writeFileSync(
    file,
    `apiVersion: source.toolkit.fluxcd.io/${former}\nkind: HelmRepository\nmetadata:\n  name: former\n  namespace: default\nspec:\n  url: https://charts.jetstack.io\n  interval: 1h\n  suspend: true\n`,
  );
  // The API server takes a moment to store in the other version.
  await lab.until(`an object stored as ${former}`, async () => {
    await lab.run("kubectl", ["delete", "--ignore-not-found", "-f", file]);
    await lab.ok("kubectl", "create", "-f", file);
    return (await storedVersion(lab)) === former;
  });
  await store(current);
  expect([...(await storedVersions(lab))].sort()).toStrictEqual([current, former]);
}

/** In which version the object lies in etcd. */
async function storedVersion(lab: TestLab): Promise<string> {
  const { layout } = lab;
  const toolbox = JSON.parse(readFileSync(join(layout.state, "toolbox.json"), "utf8")) as Record<
    string,
    string
  >;
  const secrets = join(layout.machinesRoot, "k8s-1", "ephemeral", "secrets");
  const stored = await lab.ok(
    toolbox["etcdctl"] ?? "etcdctl",
    `--endpoints=https://${layout.machines[0]?.address ?? ""}:2379`,
    `--cacert=${join(secrets, "etcd-ca.crt")}`,
    `--cert=${join(secrets, "etcd-client.crt")}`,
    `--key=${join(secrets, "etcd-client.key")}`,
    "get",
    "--print-value-only",
    "/registry/source.toolkit.fluxcd.io/helmrepositories/default/former",
  );
  return (JSON.parse(stored) as { apiVersion: string }).apiVersion.split("/")[1] ?? "";
}
