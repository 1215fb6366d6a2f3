// One lab from bare machines to a destroyed cluster and a new one: what `make lab` promises, step by step.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Plan } from "../../commands/plan/types.ts";
import { planRow } from "./planRow.ts";
import * as facts from "./handOffFacts.ts";
import type { Get, KubeObject } from "./handOffFacts.ts";
import { leaks } from "./secrets.ts";
import { readableTexts, secretsOf } from "./secretsOf.ts";
import { assertNoChange, TestLab } from "./testLab.ts";

jest.setTimeout(900_000);

const fluxVersion = "v2.9.4";
const images = {
  "source-controller": "source-controller:v1.9.4",
  "kustomize-controller": "kustomize-controller:v1.9.4",
  "helm-controller": "helm-controller:v1.6.3",
  "notification-controller": "notification-controller:v1.9.3",
};
const destroySeconds = 60;

describe("a cluster's life", () => {
  let lab: TestLab;
  let authority = "";
  const get: Get = (args) => lab.get(args);
  beforeAll(async () => {
    lab = await TestLab.start("cluster");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  it("previews every phase before any machine is touched, also with machines off", async () => {
    for (const { name } of lab.layout.machines) await lab.cli("fault", "off", name);
    const preview = await lab.preview();
    for (const phase of [
      "preflight-git",
      "talos-secrets",
      "talos-k8s-1-config",
      "cluster-etcd",
      "cluster-cilium",
      "flux-secrets-deploy-key",
      "flux-install-bundle",
      "flux-flux-manifests",
      "flux-cluster",
      "flux-proof",
    ])
      expect(preview).toContain(phase);
    expect(preview).toMatch(/\d+ to create/);
    for (const { name } of lab.layout.machines) await lab.cli("fault", "off", name, "--off");
    await lab.until("maintenance", async () =>
      (await lab.status()).machines.every(({ state }) => state === "maintenance"),
    );
  });

  it("has a short plan before there is anything", async () => {
    const { code, stdout, output } = await lab.run("npm", ["run", "-s", "plan", "--", "--json"]);
    assert.equal(code, 1, output);
    const { rows, outcome } = JSON.parse(stdout) as Plan;
    expect(outcome).toBe("changes");
    expect(rows.map(planRow)).toStrictEqual([
      "cluster keys none",
      "k8s-1 k8s-2 new machine none >v1.12.0",
      "Kubernetes bootstrap none",
      "Cilium chart none >1.20.1",
      "Flux namespace and Secrets none",
      "GitHub deploy key none >home-cluster",
      "Flux controllers none",
      "Flux hand-off to Git none",
      "GitHub webhook none >home-cluster",
    ]);
  });

  it("is built by one `npm run up`", async () => {
    const { seconds } = await lab.finish();
    expect(seconds).toBeLessThan(170);
  });

  it("changes nothing in a second up, a preview, and a preview with refresh", async () => {
    assertNoChange(await lab.finish());
    assertNoChange(await lab.previewed());
    assertNoChange(await lab.previewed("--refresh"));
  });

  it("is run by Flux from Git", async () => {
    const commit = (await lab.ok("git", "-C", lab.layout.repo, "rev-parse", "HEAD")).trim();
    await facts.fluxOwnsItsCrds(get, fluxVersion);
    await facts.oneSetOfRbac(get);
    await facts.controllersAreTuned(get, images);
    await facts.fluxAloneOwnsItsControllers(get);
    await facts.pulumiAloneOwnsTheHandOff(get);
    await facts.fluxRunsItself(get, fluxVersion);
    await facts.rootIsAtTheCommit(get, commit);
    await facts.childrenArePatched(get);
    await facts.dependenciesCameFirst(get);
    await facts.everythingIsReady(get);
  });

  it("has decrypted and substituted what the tree says", async () => {
    const secret = await get<KubeObject>(["secret", "smtp-relay", "-n", "default"]);
    expect(Buffer.from(secret.data?.["SMTP_SERVER"] ?? "", "base64").toString()).toBe("mail.example");
    const ingress = await get<KubeObject>(["ingress", "podinfo", "-n", "default"]);
    expect(JSON.stringify(ingress.spec)).toContain("podinfo.home.example");
    const script = await get<KubeObject>(["configmap", "backup", "-n", "default"]);
    expect(script.data?.["backup.sh"]?.includes("${TARGET}")).toBeTruthy();
    const release = await get<KubeObject>(["helmrelease", "podinfo", "-n", "default"]);
    expect(release.spec["driftDetection"]).toStrictEqual({ mode: "enabled" });
  });

  it("answers the programs that people use", async () => {
    const nodes = await lab.ok("kubectl", "get", "nodes,pods", "-A");
    expect(nodes).toMatch(/k8s-1\s+Ready\s+control-plane/);
    expect(nodes).toMatch(/source-controller-\S+\s+1\/1\s+Running/);
    expect(
      await lab.ok("kubectl", "logs", "-n", "flux-system", "deploy/source-controller", "--tail=5"),
    ).toMatch(/"level"/);
    await lab.ok("kubectl", "create", "configmap", "mine", "--from-literal=a=b");
    await lab.ok("kubectl", "delete", "configmap", "mine");
    expect(await lab.ok("talosctl", "version")).toMatch(/Tag:\s+v1\.12\.0[\s\S]*NODE:\s+127\./);
    expect(await lab.ok("talosctl", "get", "members")).toMatch(/k8s-2/);
    expect(await lab.ok("talosctl", "etcd", "members")).toMatch(/k8s-1/);
    expect(await lab.ok("talosctl", "service", "etcd")).toMatch(/Running/);
    await lab.ok("talosctl", "health", "--wait-timeout=60s");
    const secrets = join(lab.layout.repo, "cluster", "flux", "vars", "cluster-secrets.sops.yaml");
    expect(await lab.ok("sops", "decrypt", secrets)).toMatch(/SECRET_DOMAIN: home\.example/);
  });

  it("keeps its secrets", async () => {
    const secrets = await secretsOf(lab);
    expect(secrets.length).toBeGreaterThan(20);
    expect(leaks(secrets, readableTexts(lab))).toStrictEqual([]);
  });

  it("comes back with its data after a stop", async () => {
    const fetched = await facts.fetchedAt(get);
    await lab.cli("down");
    await lab.cli("up");
    await lab.until("Ready nodes", async () =>
      /k8s-1\s+Ready[\s\S]*k8s-2\s+Ready/.test(await lab.ok("kubectl", "get", "nodes")),
    );
    // A machine that starts again has its pods' volumes: Flux need not fetch anything anew.
    await lab.until("Flux at work", () => facts.everythingIsReady(get).then(() => true));
    expect(await facts.fetchedAt(get)).toBe(fetched);
    assertNoChange(await lab.previewed());
  });

  it("is destroyed without a word to the Kubernetes API, even a dead one, and the machines are bare again", async () => {
    authority = authorityOf(lab);
    await lab.cli("fault", "api-down", "k8s-1");
    const calls = join("/dev/shm", `home-ops-test-${String(process.pid)}.json`);
    try {
      const { code, output, seconds } = await lab.run(
        "pulumi",
        ["destroy", "--yes", "--skip-preview", "--non-interactive"],
        {
          PULUMI_DEBUG_GRPC: calls,
        },
      );
      assert.equal(code, 0, output);
      expect(seconds).toBeLessThan(destroySeconds);
      expect(
        deletedTypes(readFileSync(calls, "utf8")).filter((type) => type.startsWith("kubernetes:")),
      ).toStrictEqual([]);
    } finally {
      rmSync(calls, { force: true });
    }
    await lab.until("maintenance", async () =>
      (await lab.status()).machines.every(({ state }) => state === "maintenance"),
    );
    const atGithub = JSON.parse(readFileSync(join(lab.layout.state, "github.json"), "utf8")) as {
      keys: unknown[];
      webhooks: unknown[];
    };
    expect([...atGithub.keys, ...atGithub.webhooks]).toStrictEqual([]);
  });

  it("is built anew with new keys by the next up", async () => {
    await lab.cli("fault", "api-down", "k8s-1", "--off");
    const { output } = await lab.finish();
    expect(output).toMatch(/Flux runs the cluster from Git/);
    expect(authorityOf(lab)).not.toBe(authority);
  });
});

/** Types of the resources for which the engine called a provider's Delete. */
function deletedTypes(log: string): readonly string[] {
  return log
    .split("\n")
    .filter((line) => line.includes('ResourceProvider/Delete"'))
    .map(
      (line) =>
        /::([\w:./$-]+)::/
          .exec(line.split("home-ops::")[1] ?? "")?.[1]
          ?.split("$")
          .at(-1) ?? line,
    );
}

/** The cluster's CA. */
function authorityOf(lab: TestLab): string {
  return (
    /certificate-authority-data: (\S+)/.exec(
      readFileSync(join(lab.layout.secrets, "kubeconfig"), "utf8"),
    )?.[1] ?? ""
  );
}
