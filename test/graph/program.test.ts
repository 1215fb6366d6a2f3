import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { fingerprint } from "../../src/config/lastRun.ts";
import type { Config } from "../../src/config/config.ts";
import { deploy, placesOf, waitsFor, type Registration } from "./deploy.ts";
import { bodies, contracts } from "../steps/contracts.ts";
import { inputsOf } from "../../src/steps/transport.ts";
import { homeOps } from "../../src/program.ts";
import { answers, testConfig } from "./program.ts";

const command = "command:local:Command";

function custom(found: readonly Registration[]): readonly Registration[] {
  return found.filter(
    (registration) => registration.custom && !registration.type.startsWith("pulumi:providers:"),
  );
}

describe("the whole program", () => {
  let found: readonly Registration[];
  const named = (name: string): Registration => {
    const registration = found.find((candidate) => candidate.name === name);
    assert.ok(registration, `${name} is registered`);
    return registration;
  };
  beforeAll(async () => {
    process.env["GITHUB_TOKEN"] = "ghp_not-in-the-state";
    found = await deploy(() => {
      homeOps(testConfig());
    }, answers);
  });

  it("registers exactly these resources", () => {
    expect(
      custom(found)
        .map((registration) => `${registration.type} ${registration.name}`)
        .sort(),
    ).toStrictEqual([
      "command:local:Command cluster-api-ready",
      "command:local:Command cluster-etcd",
      "command:local:Command cluster-nodes-ready",
      "command:local:Command flux-git-access",
      "command:local:Command flux-install-bundle",
      "command:local:Command flux-proof",
      "command:local:Command flux-secrets-deploy-key-pair",
      "command:local:Command flux-secrets-webhook-token",
      "command:local:Command flux-self-management",
      "command:local:Command flux-suspension",
      "command:local:Command preflight-git",
      "command:local:Command talos-k8s-1-inspect",
      "command:local:Command talos-k8s-1-member",
      "command:local:Command talos-k8s-1-os",
      "command:local:Command talos-k8s-2-inspect",
      "command:local:Command talos-k8s-2-member",
      "command:local:Command talos-k8s-2-os",
      "command:local:Command talos-kubernetes",
      "command:local:Command talos-prepare",
      "github:index/repositoryDeployKey:RepositoryDeployKey flux-secrets-deploy-key",
      "kubernetes:core/v1:Namespace flux-secrets-namespace",
      "kubernetes:core/v1:Secret flux-secrets-age-key",
      "kubernetes:core/v1:Secret flux-secrets-deploy-key-secret",
      "kubernetes:core/v1:Secret flux-secrets-webhook-token-secret",
      "kubernetes:helm.sh/v3:Release cluster-cilium",
      "kubernetes:kustomize.toolkit.fluxcd.io/v1:Kustomization flux-cluster",
      "kubernetes:kustomize.toolkit.fluxcd.io/v1:Kustomization flux-kustomization",
      "kubernetes:source.toolkit.fluxcd.io/v1:GitRepository flux-home-cluster",
      "kubernetes:source.toolkit.fluxcd.io/v1:OCIRepository flux-flux-manifests",
      "talos:cluster/kubeconfig:Kubeconfig cluster-kubeconfig",
      "talos:machine/configurationApply:ConfigurationApply talos-k8s-1-config",
      "talos:machine/configurationApply:ConfigurationApply talos-k8s-2-config",
      "talos:machine/secrets:Secrets talos-secrets",
    ]);
  });

  it("names resources in one form, and knows the names that some had before", () => {
    for (const { name } of found) expect(name).toMatch(/^[a-z\d]+(-[a-z\d]+)*$/);
    expect(
      Object.fromEntries(
        found.flatMap(({ name, formerNames }) => (formerNames.length === 0 ? [] : [[name, formerNames]])),
      ),
    ).toStrictEqual({
      "flux-git-access": ["flux-gitAccess"],
      "flux-kustomization": ["flux-flux"],
      "flux-self-management": ["flux-selfManagement"],
    });
  });

  // Each waits for the one before it, directly or through others.
  const order = [
    "preflight-git",
    "talos-k8s-2-inspect",
    "talos-prepare",
    "talos-k8s-1-os",
    "talos-k8s-2-os",
    "talos-kubernetes",
    "talos-k8s-1-config",
    "talos-k8s-1-member",
    "talos-k8s-2-config",
    "talos-k8s-2-member",
    "cluster-etcd",
    "cluster-kubeconfig",
    "cluster-api-ready",
    "cluster-cilium",
    "cluster-nodes-ready",
    "flux-secrets-age-key",
    "flux-install-bundle",
    "flux-flux-manifests",
    "flux-kustomization",
    "flux-self-management",
    "flux-suspension",
    "flux-home-cluster",
    "flux-cluster",
    "flux-proof",
  ];
  for (const [index, name] of order.entries()) {
    const previous = order[index - 1];
    if (previous === undefined) continue;
    it(`does ${name} after ${previous}`, () => {
      expect(waitsFor(found, name).has(previous)).toBeTruthy();
    });
  }

  it("looks at every machine before it sends the first config", () => {
    for (const config of ["talos-k8s-1-config", "talos-k8s-2-config"])
      for (const inspection of ["talos-k8s-1-inspect", "talos-k8s-2-inspect"])
        assert.ok(waitsFor(found, config).has(inspection), `${config} waits for ${inspection}`);
  });

  it("registers the deploy key and all Secrets before Flux is installed", () => {
    for (const name of [
      "flux-secrets-deploy-key",
      "flux-secrets-deploy-key-secret",
      "flux-secrets-webhook-token-secret",
      "flux-secrets-age-key",
    ])
      assert.ok(waitsFor(found, "flux-install-bundle").has(name), name);
  });

  it("gives every Kubernetes resource the one provider and deletes it with the machine secrets", () => {
    const kubernetes = found.filter((registration) => registration.type.startsWith("kubernetes:"));
    expect(kubernetes.length).toBe(9);
    for (const registration of kubernetes) {
      assert.equal(registration.provider, "cluster-kubernetes", registration.name);
      assert.equal(registration.deletedWith, "talos-secrets", registration.name);
    }
  });

  it("gives every resource but the components a component as parent", () => {
    for (const registration of found.filter((candidate) => candidate.custom))
      assert.match(
        registration.parent,
        /^(preflight|talos|talos-k8s-[12]|cluster|flux-secrets|flux-install|flux)$/,
        registration.name,
      );
  });

  it("holds what belongs to one machine in a component of its own, and finds what states have under the phase", () => {
    for (const machine of ["talos-k8s-1", "talos-k8s-2"]) {
      const { type, parent } = named(machine);
      expect([type, parent]).toStrictEqual(["home-ops:talos:Machine", "talos"]);
      expect(
        found
          .filter((registration) => registration.parent === machine)
          .map((registration) => [registration.name, placesOf(found, registration).at(-1)]),
      ).toStrictEqual(
        [
          ["inspect", command],
          ["os", command],
          ["config", "talos:machine/configurationApply:ConfigurationApply"],
          ["member", command],
        ].map(([what = "", of = ""]) => [
          `${machine}-${what}`,
          `home-ops:talos:Machines$${of}::${machine}-${what}`,
        ]),
      );
    }
  });

  it("identifies the cluster to the provider by Talos' cluster id", () => {
    const provider = found.find((registration) => registration.type === "pulumi:providers:kubernetes");
    expect(provider?.inputs["clusterIdentifier"]).toBe("cluster-id");
    expect(provider?.inputs["enableSecretMutable"]).toBe("true");
    expect(provider?.inputs["enableConfigMapMutable"]).toBe("true");
  });

  it("configures the Kubernetes provider when the API answers: it asks once and remembers", () => {
    expect(waitsFor(found, "cluster-kubernetes").has("cluster-api-ready")).toBeTruthy();
  });

  it("keeps GITHUB_TOKEN out of the GitHub provider's inputs", () => {
    const provider = found.find((registration) => registration.type === "pulumi:providers:github");
    expect(provider?.inputs).toStrictEqual({ owner: "home" });
  });

  it("hands keys to steps as secrets and nothing secret on a command line", () => {
    for (const registration of found.filter((candidate) => candidate.type === command)) {
      expect(String(registration.inputs["create"])).toMatch(/^node src\/step\.ts [a-z-]+$/);
      for (const [key, value] of Object.entries(registration.inputs["environment"] as object))
        if (/TEXT|KEY$/.test(key))
          assert.deepEqual(Object.keys(value as object), ["secret"], `${registration.name} ${key}`);
    }
  });

  it("hands each step the secrets that it uses, and no others", () => {
    for (const { name, type, inputs } of found) {
      if (type !== command) continue;
      const [key = "", contract] =
        Object.entries(contracts).find(([, one]) => inputs["create"] === `node src/step.ts ${one.name}`) ??
        [];
      const secrets = Object.keys(contract?.secrets ?? {});
      const text = readFileSync(bodies[key] ?? "", "utf8");
      for (const secret of secrets) assert.match(text, new RegExp(`\\b${secret}\\b`), `${name} ${secret}`);
      const handed = Object.entries(inputs["environment"] as object)
        .filter(([, value]) => typeof value === "object")
        .map(([variable]) => variable);
      const expected = secrets.map((secret) => secret.replace(/[A-Z]/g, "_$&").toUpperCase());
      assert.deepEqual(handed.sort(), expected.sort(), name);
    }
  });

  it("hands each step what its contract asks for, and its removal too", () => {
    const shown = (value: unknown): string =>
      typeof value === "object" ? (value as { secret: string }).secret : String(value);
    for (const { name, type, inputs } of found) {
      if (type !== command) continue;
      const environment = Object.fromEntries(
        Object.entries(inputs["environment"] as object).map(([key, value]) => [key, shown(value)]),
      );
      for (const line of [inputs["create"], inputs["delete"]]) {
        if (line === undefined) continue;
        const contract = Object.values(contracts).find((one) => line === `node src/step.ts ${one.name}`);
        assert.ok(contract, `${name}: ${String(line)}`);
        assert.doesNotThrow(() => inputsOf(contract, environment), name);
      }
    }
  });

  it("logs nothing of the steps whose output is a key, and encrypts it in the state", () => {
    for (const name of ["flux-secrets-deploy-key-pair", "flux-secrets-webhook-token"]) {
      const step = named(name);
      expect(step.inputs["logging"]).toBe("none");
      expect([...step.additionalSecretOutputs].sort()).toStrictEqual(["stderr", "stdout"]);
    }
  });

  it("makes neither key nor token anew, whatever of the steps changes: file, inputs, logging", () => {
    for (const name of ["flux-secrets-deploy-key-pair", "flux-secrets-webhook-token"])
      expect(named(name).ignoreChanges).toStrictEqual(["create", "environment", "logging"]);
  });

  it("hands the token to the Receiver, which takes another one at once", () => {
    const { metadata, stringData } = named("flux-secrets-webhook-token-secret").inputs as {
      metadata: { name: string; labels: object };
      stringData: object;
    };
    expect(metadata.name).toBe("github-webhook-token");
    expect(metadata.labels).toStrictEqual({ "reconcile.fluxcd.io/watch": "Enabled" });
    expect(stringData).toStrictEqual({ secret: { token: "TOKEN" } });
  });

  it("sends the machine config as a secret and the patches in clear", () => {
    const config = named("talos-k8s-1-config");
    expect(config.inputs["machineConfigurationInput"]).toStrictEqual({ secret: "machine: {}\n" });
    const patches = config.inputs["configPatches"] as readonly string[];
    expect(patches.some((patch) => patch.includes('"hostname":"k8s-1"'))).toBeTruthy();
    expect(config.inputs["onDestroy"]).toStrictEqual({ reset: true, graceful: false, reboot: true });
    expect(config.inputs["applyMode"]).toBe("auto");
  });

  it("protects the machine secrets, the age key, and by its last resource the whole stack", () => {
    expect(
      found.filter((registration) => registration.protect).map((registration) => registration.name),
    ).toStrictEqual(["talos-secrets", "flux-secrets-age-key", "protection"]);
  });

  it("keeps the kubeconfig known when certificates or addresses change", () => {
    expect(named("cluster-kubeconfig").ignoreChanges).toStrictEqual([
      "node",
      "endpoint",
      "clientConfiguration",
      "timeouts",
    ]);
  });

  it("limits the provider by the input that it reads", () => {
    expect(named("talos-k8s-1-config").inputs["timeouts"]).toStrictEqual({
      create: "5m",
      update: "5m",
      delete: "5m",
    });
    expect(named("cluster-kubeconfig").inputs["timeouts"]).toStrictEqual({ create: "5m", update: "5m" });
  });

  it("takes the Git URL of the stack config into the GitRepository", () => {
    expect(named("flux-home-cluster").inputs["spec"]).toStrictEqual({
      ref: { branch: "main" },
      url: "ssh://git@github.com/home/home-cluster.git",
    });
  });

  it("names no Flux version and no commit in the steps, so that a bump is one line in a preview", () => {
    for (const registration of found.filter((candidate) => candidate.name.startsWith("flux")))
      if (registration.type === command)
        assert.ok(!JSON.stringify(registration.inputs).includes("2.9.4"), registration.name);
  });
});

describe("a stack config that says where GitHub reaches the cluster", () => {
  const withUrl = (webhookUrl: string): Promise<readonly Registration[]> =>
    deploy(() => {
      homeOps(testConfig({ github: { owner: "home", repository: "home-cluster", webhookUrl } }));
    }, answers);
  const webhookOf = (found: readonly Registration[]): Registration => {
    const [webhook, ...more] = found.filter(({ type }) => type.includes("RepositoryWebhook"));
    assert.ok(webhook);
    expect(more).toStrictEqual([]);
    return webhook;
  };

  it("registers a webhook for pushes, with the Receiver's path and its token as secrets", async () => {
    // The digest of what notification-controller hashes: token, name, namespace.
    const digest = createHash("sha256").update("TOKENgithubflux-system").digest("hex");
    for (const url of ["https://flux-webhook.home.example", "https://flux-webhook.home.example/"]) {
      const webhook = webhookOf(await withUrl(url));
      expect(webhook.name).toBe("flux-webhook");
      expect(webhook.provider).toBe("flux-secrets-github");
      expect(webhook.inputs).toStrictEqual({
        repository: "home-cluster",
        events: ["push"],
        active: true,
        configuration: {
          url: { secret: `https://flux-webhook.home.example/hook/${digest}` },
          secret: { secret: "TOKEN" },
          contentType: "json",
          insecureSsl: false,
        },
      });
      expect(webhook.additionalSecretOutputs).toStrictEqual(["configuration"]);
    }
  });

  it("registers it last, when the Receiver has come with the tree", async () => {
    expect(
      waitsFor(await withUrl("https://flux-webhook.home.example"), "flux-webhook").has("flux-proof"),
    ).toBeTruthy();
  });

  it("has GitHub asked for that right before anything is touched", async () => {
    const found = await withUrl("https://flux-webhook.home.example");
    const preflight = found.find(({ name }) => name === "preflight-git");
    expect((preflight?.inputs["environment"] as Record<string, string>)["WEBHOOK_URL"]).toBe(
      "https://flux-webhook.home.example",
    );
  });
});

describe("the protection", () => {
  it("is what destroy begins with, alone: everything else is something that it depends on", async () => {
    const [template] = testConfig().nodes;
    assert.ok(template);
    // With everything that is not always there: a webhook, a machine that is gone.
    const github = { owner: "home", repository: "home-cluster", webhookUrl: "https://hook.home.example" };
    const gone = [{ ...template, name: "k8s-9", address: "192.0.2.29", role: "worker" as const }];
    const found = await deploy(() => {
      homeOps(testConfig({ github, gone }));
    }, answers);
    const before = waitsFor(found, "protection");
    // A component goes when its children have gone.
    const parents = new Set(found.map(({ parent }) => parent));
    const others = found.filter(
      ({ name, type }) => type !== "pulumi:pulumi:Stack" && name !== "protection" && !parents.has(name),
    );
    expect(others.length).toBeGreaterThan(30);
    expect(others.filter(({ name }) => !before.has(name)).map(({ name }) => name)).toStrictEqual([]);
  });
});

describe("a first preview", () => {
  it("registers everything while secrets and kubeconfig are unknown", async () => {
    const known = await deploy(() => {
      homeOps(testConfig());
    }, answers);
    const unknown = await deploy(
      () => {
        homeOps(testConfig());
      },
      { ...answers, outputs: {}, preview: true },
    );
    expect(unknown.map((found) => found.urn).sort()).toStrictEqual(known.map((found) => found.urn).sort());
    expect(JSON.stringify(unknown)).not.toContain("Calling [toString]");
  });
});

describe("existing machine secrets", () => {
  const importOf = async (change: Partial<Config>): Promise<string | undefined> => {
    const found = await deploy(() => {
      homeOps(testConfig({ secretsFile: "/home/me/secrets.yaml", ...change }));
    }, answers);
    return found.find(({ name }) => name === "talos-secrets")?.importId;
  };

  it("are taken over by the run that makes the cluster", async () => {
    expect(await importOf({})).toBe("/home/me/secrets.yaml");
  });
  it("are no other import in another clone, where the file has another path", async () => {
    expect(await importOf({ lastRun: { versions: {}, machines: [] } })).toBe("");
  });
});

describe("a lab's config", () => {
  it("protects nothing", async () => {
    const found = await deploy(() => {
      homeOps(testConfig({ protect: false }));
    }, answers);
    expect(found.filter((registration) => registration.protect)).toStrictEqual([]);
  });
});

describe("a suspended Flux", () => {
  it("is suspended from the root down: a root at work could take a child's suspension back", async () => {
    const found = await deploy(() => {
      homeOps(testConfig({ suspend: true }));
    }, answers);
    const order = ["flux-home-cluster", "flux-cluster", "flux-suspension", "flux-proof"];
    for (const [index, name] of order.slice(1).entries())
      assert.ok(waitsFor(found, name).has(order[index] ?? ""), name);
  });

  it("is one input of each object of the hand-off, and what the proofs are told", async () => {
    const inputs = async (suspend: boolean): Promise<Readonly<Record<string, unknown>>> => {
      const found = await deploy(() => {
        homeOps(testConfig({ suspend }));
      }, answers);
      return Object.fromEntries(found.map((registration) => [registration.name, registration.inputs]));
    };
    const [before, after] = [await inputs(false), await inputs(true)];
    const changed = Object.keys(after).filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    );
    expect(changed.sort()).toStrictEqual([
      "flux-cluster",
      "flux-flux-manifests",
      "flux-home-cluster",
      "flux-kustomization",
      "flux-proof",
      "flux-self-management",
      "flux-suspension",
    ]);
    for (const name of ["flux-cluster", "flux-kustomization", "flux-flux-manifests", "flux-home-cluster"]) {
      const { suspend, ...spec } = (after[name] as { spec: Record<string, unknown> }).spec;
      assert.equal(suspend, true, name);
      assert.deepEqual(spec, (before[name] as { spec: object }).spec, name);
    }
  });
});

describe("Cilium", () => {
  const release = async (lastRun: object, values: object = { operator: { replicas: 1 } }) => {
    const config = testConfig({ lastRun: { versions: lastRun } });
    const tree = { ...config.tree, ciliumValues: values as Record<string, unknown> };
    const found = await deploy(() => {
      homeOps({ ...config, tree });
    }, answers);
    const one = found.find(({ name }) => name === "cluster-cilium");
    assert.ok(one);
    const { atomic, chart, repositoryOpts } = one.inputs;
    return { atomic, ignored: one.ignoreChanges, source: { chart, repositoryOpts } };
  };
  const flagOf = async (...args: Parameters<typeof release>) => {
    const { atomic, ignored } = await release(...args);
    return { atomic, ignored };
  };
  const left = { cilium: "1.19.7", ciliumValues: fingerprint({ operator: { replicas: 1 } }) };

  it("is left as it is when its install fails: uninstalled, it would take the network from the nodes", async () => {
    expect(await flagOf({})).toStrictEqual({ atomic: false, ignored: ["atomic"] });
  });
  it("goes back when an upgrade to another version fails", async () => {
    expect(await flagOf({ ...left, cilium: "1.19.6" })).toStrictEqual({ atomic: true, ignored: [] });
  });
  it("goes back when other values fail", async () => {
    expect(await flagOf(left, { operator: { replicas: 2 } })).toStrictEqual({ atomic: true, ignored: [] });
  });
  it("shows no change when nothing but that flag would be another one", async () => {
    expect(await flagOf(left)).toStrictEqual({ atomic: false, ignored: ["atomic"] });
    expect(await flagOf({ cilium: left.cilium })).toStrictEqual({ atomic: false, ignored: ["atomic"] });
  });

  const repository = { chart: "cilium", repositoryOpts: { repo: "https://helm.cilium.io/" } };
  const kept = (version: string) => ({
    chart: `backups/test/cilium-${version}.tgz`,
    repositoryOpts: undefined,
  });

  it("comes from the kept chart on a new cluster, and ever after", async () => {
    expect((await release({})).source).toStrictEqual(kept("1.19.7"));
    expect((await release({ ...left, ciliumChart: "kept" })).source).toStrictEqual(kept("1.19.7"));
  });
  it("stays where it came from on a cluster from before: another source alone would be a Helm upgrade", async () => {
    expect((await release(left)).source).toStrictEqual(repository);
  });
  it("goes over to the kept chart with the next change", async () => {
    expect((await release({ ...left, cilium: "1.19.6" })).source).toStrictEqual(kept("1.19.7"));
    expect((await release(left, { operator: { replicas: 2 } })).source).toStrictEqual(kept("1.19.7"));
  });
});
