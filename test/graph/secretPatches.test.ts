// Patches with an encrypted value: where they go, and what everybody else sees of them.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { SecretText } from "../../src/config/secretText.ts";
import { homeOps } from "../../src/program.ts";
import { deploy, type Registration } from "./deploy.ts";
import { answers, testConfig } from "./program.ts";

type Args = Readonly<Record<string, unknown>>;
type Patch = Readonly<Record<string, unknown>>;

const token = "talos:machine/getConfiguration:getConfiguration";

/** The machines of a cluster whose common patches and whose worker's own are these. */
async function deployed(
  common: readonly Patch[],
  ofWorker: readonly Patch[] = [],
): Promise<{ found: readonly Registration[]; asked: readonly Args[] }> {
  const asked: Args[] = [];
  const { nodes, controlPlanes, workers } = testConfig();
  const [worker] = workers;
  assert.ok(worker);
  const own = { ...worker, patches: [...ofWorker] };
  const found = await deploy(
    () => {
      homeOps(
        testConfig({
          nodes: nodes.map((node) => (node === worker ? own : node)),
          controlPlanes,
          workers: [own],
          patches: { common: [...common], controlplane: [], worker: [] },
        }),
      );
    },
    {
      ...answers,
      invokes: {
        ...answers.invokes,
        [token]: (args) => {
          asked.push(args);
          return { machineConfiguration: `base ${JSON.stringify(args["configPatches"] ?? [])}` };
        },
      },
    },
  );
  return { found, asked };
}

const inputsOf = (found: readonly Registration[], name: string): Args => {
  const registration = found.find((one) => one.name === name);
  assert.ok(registration, name);
  return registration.inputs;
};

const plain = { machine: { sysctls: { a: "b" } } };
const secret = (text: string): Patch => ({ machine: { env: { A: new SecretText(text), B: "b" } } });

describe("patches with an encrypted value", () => {
  it("go into the base config, which is a secret, and leave the others readable", async () => {
    const { found } = await deployed([plain, secret("hush")]);
    const inputs = inputsOf(found, "talos-k8s-1-config");
    expect(inputs["machineConfigurationInput"]).toStrictEqual({
      secret: `base ${JSON.stringify([JSON.stringify({ machine: { env: { A: "hush", B: "b" } } })])}`,
    });
    const patches = inputs["configPatches"] as readonly string[];
    expect(patches).toContain(JSON.stringify(plain));
    expect(!patches.some((patch) => patch.includes("env"))).toBeTruthy();
  });

  it("show nowhere else, and another value makes another hash", async () => {
    const one = await deployed([secret("hush")]);
    const other = await deployed([secret("quiet")]);
    const hash = ({ found }: typeof one): unknown =>
      (inputsOf(found, "talos-k8s-1-member")["environment"] as Args)["CONFIG_HASH"];
    expect(hash(one)).not.toBe(hash(other));
    for (const { name, inputs } of one.found) {
      const readable = JSON.stringify(inputs, (_, value: unknown) =>
        typeof value === "object" && value !== null && "secret" in value && Object.keys(value).length === 1
          ? undefined
          : value,
      );
      assert.ok(!readable.includes("hush"), name);
    }
  });

  it("of one machine change its base alone", async () => {
    const { found, asked } = await deployed([], [secret("hush")]);
    expect(inputsOf(found, "talos-k8s-1-config")["machineConfigurationInput"]).toStrictEqual({
      secret: "base []",
    });
    expect(JSON.stringify(inputsOf(found, "talos-k8s-2-config")["machineConfigurationInput"])).toMatch(
      /hush/,
    );
    expect(asked.length).toBe(2);
  });

  it("ask the provider nothing else where there are none", async () => {
    const { asked } = await deployed([plain]);
    expect(asked.map((args) => Object.keys(args).sort())).toStrictEqual(
      [0, 1].map(() => [
        "clusterEndpoint",
        "clusterName",
        "docs",
        "examples",
        "kubernetesVersion",
        "machineSecrets",
        "machineType",
        "talosVersion",
      ]),
    );
  });
});
