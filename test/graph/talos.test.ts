// What the program adds to what `@pulumiverse/talos` does by itself. Without onDestroy a destroy would wipe nothing, and
// nobody would be told.
import assert from "node:assert/strict";
import { beforeAll, describe, expect, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { homeOps } from "../../src/program.ts";
import { deploy, type Registration } from "./deploy.ts";
import { answers, testConfig } from "./program.ts";

type Values = Readonly<Record<string, unknown>>;

const { specialSigKey, specialSecretSig } = pulumi.runtime;
const configuration = "talos:machine/getConfiguration:getConfiguration";
const secretsType = "talos:machine/secrets:Secrets";

/** A secret as it goes over the wire. */
const marked = (value: unknown): unknown => ({ [specialSigKey]: specialSecretSig, value });

/** Every text in a value with a mark of its own, as the plugin gives it, and the whole with another, as the engine does. */
function leavesMarked(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return marked(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, leavesMarked(inner)]));
}

describe("what the program tells the Talos plugin", () => {
  let found: readonly Registration[];
  const asked: Values[] = [];
  const named = (name: string): Registration => {
    const registration = found.find((one) => one.name === name);
    assert.ok(registration, name);
    return registration;
  };
  const secrets = Object.entries(answers.outputs[secretsType] ?? {});
  beforeAll(async () => {
    found = await deploy(
      () => {
        homeOps(testConfig());
      },
      {
        outputs: {
          ...answers.outputs,
          [secretsType]: Object.fromEntries(
            secrets.map(([key, value]) => [key, marked(leavesMarked(value))]),
          ),
        },
        invokes: {
          [configuration]: (args) => {
            asked.push(args);
            return { machineConfiguration: "machine: {}\n" };
          },
        },
      },
    );
  });

  it("asks for one version of it, from one place", () => {
    const talos = found.filter(({ type }) => type.startsWith("talos:"));
    expect(talos.length).toBe(4);
    for (const { plugin } of talos)
      expect(plugin).toStrictEqual(["0.8.1", "github://api.github.com/pulumiverse"]);
  });

  it("has machines wiped, asks them directly, and lets Talos decide whether to reboot", () => {
    for (const [name, address] of [
      ["k8s-1", "192.0.2.11"],
      ["k8s-2", "192.0.2.21"],
    ]) {
      const { inputs } = named(`talos-${String(name)}-config`);
      expect({ ...inputs, clientConfiguration: "", configPatches: "" }).toStrictEqual({
        node: address,
        endpoint: address,
        applyMode: "auto",
        onDestroy: { reset: true, graceful: false, reboot: true },
        machineConfigurationInput: { secret: "machine: {}\n" },
        timeouts: { create: "5m", update: "5m", delete: "5m" },
        clientConfiguration: "",
        configPatches: "",
      });
    }
  });

  it("fetches the kubeconfig from the first control plane itself", () => {
    const { node, endpoint, timeouts } = named("cluster-kubeconfig").inputs;
    expect([node, endpoint, timeouts]).toStrictEqual([
      "192.0.2.11",
      "192.0.2.11",
      { create: "5m", update: "5m" },
    ]);
  });

  it("wants configs without comments", () => {
    expect(asked.length).toBe(2);
    for (const { docs, examples } of asked) expect([docs, examples]).toStrictEqual([false, false]);
  });

  it("takes the plugin's marks out of the cluster's secrets, and keeps them secret", () => {
    const client = { caCertificate: "Y2E=", clientCertificate: "Y3J0", clientKey: "a2V5" };
    for (const name of ["talos-k8s-1-config", "talos-k8s-2-config", "cluster-kubeconfig"])
      expect(named(name).inputs["clientConfiguration"]).toStrictEqual({ secret: client });
    for (const { machineSecrets } of asked)
      expect(machineSecrets).toStrictEqual({ cluster: { id: "cluster-id", secret: "s" } });
    const { environment } = named("cluster-etcd").inputs as { environment: Values };
    expect(environment["CLUSTER_ID"]).toBe("cluster-id");
    const { secret } = environment["TALOSCONFIG_TEXT"] as { secret: string };
    expect(secret).toMatch(/key: a2V5/);
  });

  it("keeps secret in the state what has a key in it", () => {
    const secretOutputs = (name: string): readonly string[] => named(name).additionalSecretOutputs;
    const expected = {
      "talos-secrets": ["clientConfiguration", "machineSecrets"],
      "talos-k8s-1-config": ["clientConfiguration", "machineConfiguration", "machineConfigurationInput"],
      "cluster-kubeconfig": ["clientConfiguration", "kubeconfigRaw", "kubernetesClientConfiguration"],
    };
    for (const [name, outputs] of Object.entries(expected))
      assert.deepEqual(
        secretOutputs(name)
          .filter((output) => !output.endsWith("Wo"))
          .sort(),
        outputs,
        name,
      );
  });
});
