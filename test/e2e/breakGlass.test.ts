// Flux torn out of a cluster, and brought back by the commands of cluster/bootstrap/README.md, without Pulumi: the same
// objects as before, and nothing to do for Pulumi afterwards.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { isDeepStrictEqual } from "node:util";
import { proxyEnvironment } from "../../lab/proxy/environment.ts";
import { fluxKinds, fluxObjects } from "./fluxObjects.ts";
import * as facts from "./handOffFacts.ts";
import type { Get, KubeObject } from "./handOffFacts.ts";
import { blocksOf, type Block } from "./pageCommands.ts";
import { leaks } from "./secrets.ts";
import { readableTexts, secretsOf } from "./secretsOf.ts";
import { assertNoChange, project, TestLab } from "./testLab.ts";

jest.setTimeout(900_000);

const page = readFileSync(join(project, "cluster", "bootstrap", "README.md"), "utf8");
const flux = "app.kubernetes.io/part-of=flux";
const namespace = ["--namespace", "flux-system"] as const;

describe("breaking the glass", () => {
  let lab: TestLab;
  let objects: Readonly<Record<string, unknown>>;
  let workload: unknown;
  const get: Get = (args) => lab.get(args);
  beforeAll(async () => {
    lab = await TestLab.restored("small");
    await lab.until("everything Ready", () => facts.everythingIsReady(get).then(() => true));
    objects = await fluxObjects(lab);
    workload = await podinfo();
    await nameOwnRepository();
  });
  afterAll(async () => {
    await lab.destroy();
  });

  /** A home has its repository's URL in the tree; a lab has it in the stack config only. */
  async function nameOwnRepository(): Promise<void> {
    const { spec } = await get(["gitrepository", "home-cluster", ...namespace]);
    await lab.commit("Name this very repository", {
      "cluster/flux/config/cluster.yaml": (text) =>
        text.replace(/^ {2}url: .*$/m, `  url: ${String(spec["url"])}`),
    });
  }

  const podinfo = async (): Promise<unknown> => {
    const { metadata } = await get<KubeObject & { metadata: { uid: string } }>([
      "deployment",
      "podinfo",
      "-n",
      "default",
    ]);
    return metadata.uid;
  };

  /** Runs blocks of the page as one would: in one shell, in the root of the repository. */
  async function run(wanted: (block: Block) => boolean): Promise<string> {
    const blocks = blocksOf(page).filter(({ language, heading }) => language === "sh" && heading === "");
    const chosen = blocksOf(page).filter((block) => block.language === "sh" && wanted(block));
    expect(chosen.length).not.toBe(0);
    const script = ["set -eu", `cd '${lab.layout.repo}'`, ...[...blocks, ...chosen].map(({ text }) => text)];
    // The lab's Internet is behind its proxy; curl is the only program of the page that must get there.
    const internet = proxyEnvironment(lab.layout);
    const authority = { CURL_CA_BUNDLE: internet["SSL_CERT_FILE"] };
    const { code, output } = await lab.run("bash", ["-c", script.join("\n")], { ...internet, ...authority });
    assert.equal(code, 0, output);
    return output;
  }

  it("leaves out of the page only what the lab has no program for", () => {
    const others = blocksOf(page).filter(({ language }) => language !== "sh");
    expect(others.map(({ heading, text }) => [heading, text.split(" ").slice(0, 2).join(" ")])).toStrictEqual(
      [["1. Cilium", "$ helm"]],
    );
  });

  it("takes the keys that only Pulumi knows out of the cluster, encrypted", async () => {
    await run(({ heading }) => heading === "Before you need it");
    const folder = join(lab.layout.repo, "cluster", "bootstrap");
    const files = ["github-deploy-key", "github-webhook-token"].filter(
      (name) => `Secret flux-system/${name}` in objects,
    );
    expect(files).toContain("github-deploy-key");
    for (const name of files) {
      const file = join(folder, `${name}.sops.yaml`);
      const { data = {} } = objects[`Secret flux-system/${name}`] as KubeObject;
      const text = readFileSync(file, "utf8");
      for (const [key, value] of Object.entries(data)) {
        expect(text).toMatch(new RegExp(`^ {2,4}${key.replace(".", "\\.")}: ENC\\[`, "m"));
        assert.ok(!text.includes(value), key);
      }
      expect(!existsSync(`${file}.new`)).toBeTruthy();
    }
    // As a home does, so that the files are there on the day.
    await lab.commit("Keep the keys", {});
  });

  it("loses Flux with all its definitions, while the workloads run on", async () => {
    await tearOut();
    expect(await lab.ok("kubectl", "get", "namespaces", "flux-system", "--ignore-not-found")).toBe("");
    expect(await lab.ok("kubectl", "get", "crd,clusterrole,clusterrolebinding", "--selector", flux)).toBe("");
    expect(await podinfo()).toBe(workload);
  });

  it("has Flux back by the commands of the page, with the same objects", async () => {
    await run(({ heading }) => /^\d/.test(heading));
    const commit = (await lab.git("rev-parse", "HEAD")).trim();
    // The Secrets and ConfigMaps that come with the first pass start a second one.
    await lab.until("the commit applied", () => facts.rootIsAtTheCommit(get, commit).then(() => true), 120);
    await lab.until("everything Ready", () => facts.everythingIsReady(get).then(() => true), 120);
    await facts.fluxAloneOwnsItsControllers(get);
    const now = await fluxObjects(lab);
    expect(Object.keys(now)).toStrictEqual(Object.keys(objects));
    // Only what differs, to be read in a failure.
    const differing = Object.keys(objects).filter((name) => !isDeepStrictEqual(now[name], objects[name]));
    const only = (all: typeof objects) => Object.fromEntries(differing.map((name) => [name, all[name]]));
    expect(only(now)).toStrictEqual(only(objects));
    expect(await podinfo()).toBe(workload);
  });

  it("has nothing to do for Pulumi, which goes on with its own objects", async () => {
    assertNoChange(await lab.previewed());
    assertNoChange(await lab.previewed("--refresh"));
    await lab.commit("Look at Flux less often", {
      "cluster/flux/config/flux.yaml": (text) => text.replace("  interval: 10m\n", "  interval: 11m\n"),
    });
    // As if its key had been another one.
    await lab.ok("kubectl", "delete", ...namespace, "secret", "github-deploy-key");
    const flags = ["--yes", "--skip-preview", "--non-interactive", "--refresh"];
    const output = await lab.ok("npm", "run", "-s", "up", "--", ...flags);
    expect(output).toMatch(/ {4}\+ 1 created\n {4}~ 1 updated\n/);
    const { spec } = await get(["ocirepository", "flux-manifests", ...namespace]);
    expect(spec["interval"]).toBe("11m");
    const name = "Secret flux-system/github-deploy-key";
    expect((await fluxObjects(lab))[name]).toStrictEqual(objects[name]);
  });

  it("has shown no secret on the way", async () => {
    expect(leaks(await secretsOf(lab), readableTexts(lab))).toStrictEqual([]);
  });

  /** What `flux uninstall` does, in its order. Source: fluxcd/flux2 pkg/uninstall/uninstall.go. */
  async function tearOut(): Promise<void> {
    await lab.ok(
      "kubectl",
      "delete",
      "deployments",
      ...namespace,
      "--selector",
      flux,
      "--cascade=foreground",
      "--wait",
    );
    const patch = JSON.stringify({ metadata: { finalizers: null } });
    for (const kind of await fluxKinds(lab)) {
      // Names only: a Receiver's status holds the path of the webhook.
      const places = "{range .items[*]}{.metadata.namespace} {.metadata.name}{'\\n'}{end}";
      const lines = await lab.ok("kubectl", "get", kind, "--all-namespaces", `--output=jsonpath=${places}`);
      const objects = lines
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split(" "));
      for (const [where = "", group] of Map.groupBy(objects, ([namespace]) => namespace)) {
        const names = group.map(([, name = ""]) => name);
        await lab.ok(
          "kubectl",
          "patch",
          kind,
          ...names,
          "--namespace",
          where,
          "--type=merge",
          "--patch",
          patch,
        );
      }
    }
    await lab.ok("kubectl", "delete", "clusterroles,clusterrolebindings,crds", "--selector", flux, "--wait");
    await lab.ok("kubectl", "delete", "namespace", "flux-system", "--wait");
  }
});
