// What cluster-build finds wrong with objects. No lab: it is here because the program has to be built.
import assert from "node:assert/strict";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ClusterBuilder, type Files } from "./clusterBuilder.ts";

const builder = new ClusterBuilder();
beforeAll(() => builder.start());
beforeEach(() => {
  builder.begin();
});
afterEach(() => {
  builder.end();
});

/** Field and message of everything that is wrong with these objects. */
async function wrong(...objects: readonly object[]): Promise<readonly string[]> {
  const files = objects.map((object, index) => [`${String(index)}.yaml`, JSON.stringify(object)]);
  const { problems } = await builder.buildApp(Object.fromEntries(files) as Files);
  return problems.map(({ rule, field, message }) => {
    assert.equal(rule, "schema", message);
    return `${field ?? "-"}: ${message}`;
  });
}

const metadata = { name: "one", namespace: "default" };
const chartSpec = {
  chart: "podinfo",
  version: "6.9.3",
  sourceRef: { kind: "HelmRepository", name: "podinfo" },
};
const release = (spec: object): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata,
  spec: { interval: "1h", chart: { spec: chartSpec }, ...spec },
});
const container = { name: "main", image: "busybox:1.37" };
const deployment = (spec: object, more: object = {}): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata,
  spec: {
    selector: { matchLabels: { app: "one" } },
    template: { metadata: { labels: { app: "one" } }, spec: { containers: [{ ...container, ...more }] } },
    ...spec,
  },
});
const firstContainer = "spec.template.spec.containers[0]";

type Case = readonly [what: string, object: object, expected: readonly string[]];

const fluxCases: readonly Case[] = [
  ["is right", release({}), []],
  ["has an unknown field", release({ driftDetect: {} }), ["spec.driftDetect: there is no such field"]],
  [
    "has a value of another type",
    release({ maxHistory: "5" }),
    ['spec.maxHistory: found "5", expected integer'],
  ],
  [
    "has a number for a text",
    release({ chart: { spec: { ...chartSpec, version: 6 } } }),
    ["spec.chart.spec.version: found 6, expected string: put it in quotes"],
  ],
  [
    "has a value that is not in the list",
    release({ driftDetection: { mode: "on" } }),
    ['spec.driftDetection.mode: found "on", supported values: "enabled", "warn", "disabled"'],
  ],
  [
    "has a text of another form",
    release({ timeout: "5 minutes" }),
    [`spec.timeout: found "5 minutes", should match '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'`],
  ],
  [
    "lacks a required field",
    release({ interval: undefined }),
    ["spec.interval: it is required, but not there"],
  ],
  [
    "breaks a rule between fields",
    release({ chart: undefined }),
    ["spec: either chart or chartRef must be set"],
  ],
  [
    "is of a removed version",
    { ...release({}), apiVersion: "helm.toolkit.fluxcd.io/v2beta1" },
    [
      "apiVersion: there is no HelmRelease in helm.toolkit.fluxcd.io/v2beta1;" +
        " there is one in helm.toolkit.fluxcd.io/v2",
    ],
  ],
  [
    "is of an unknown kind",
    { ...release({}), kind: "HelmRelase" },
    ["kind: there is no HelmRelase in helm.toolkit.fluxcd.io"],
  ],
];

const kubernetesCases: readonly Case[] = [
  ["is right", deployment({ replicas: 1 }, { resources: { limits: { cpu: 1, memory: "1Gi" } } }), []],
  ["has an unknown field", deployment({ replica: 1 }), ["spec.replica: there is no such field"]],
  [
    "has a value of another type",
    deployment({ replicas: "1" }),
    ['spec.replicas: found "1", expected integer'],
  ],
  [
    "has a number for a text, in a list",
    deployment({}, { env: [{ name: "A", value: 5 }] }),
    [`${firstContainer}.env[0].value: found 5, expected string: put it in quotes`],
  ],
  [
    "lacks a required field",
    deployment({}, { name: undefined }),
    [`${firstContainer}.name: it is required, but not there`],
  ],
  [
    "has a list where an object belongs",
    deployment({ selector: [] }),
    ["spec.selector: found a list, expected object"],
  ],
  [
    "has a quantity that is none",
    deployment({}, { resources: { limits: { memory: "2GB" } } }),
    [`${firstContainer}.resources.limits.memory: found "2GB", expected a quantity like 500m or 2Gi`],
  ],
  [
    "is of a removed version",
    { ...deployment({}), apiVersion: "apps/v1beta2" },
    ["apiVersion: there is no Deployment in apps/v1beta2; there is one in apps/v1"],
  ],
  ["is of an unknown kind", { ...deployment({}), kind: "Deploy" }, ["kind: there is no Deploy in apps"]],
  [
    "lacks a namespace",
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one" } },
    ["metadata.namespace: it has no namespace, and its Kustomization sets no targetNamespace"],
  ],
];

for (const [of, cases] of [
  ["a Flux object", fluxCases],
  ["an object of Kubernetes", kubernetesCases],
] as const)
  describe(`${of} that`, () => {
    for (const [what, object, expected] of cases)
      it(what, async () => {
        expect(await wrong(object)).toStrictEqual(expected);
      });
  });

describe("a Secret", () => {
  const secret = (more: object): object => ({ apiVersion: "v1", kind: "Secret", metadata, ...more });

  it("is not read out in messages", async () => {
    expect(await wrong(secret({ data: { a: "not base64!" }, stringData: { b: 12345 } }))).toStrictEqual([
      "data.a: it is not base64; what is not encoded belongs into stringData",
      "stringData.b: expected string: put it in quotes",
    ]);
  });

  it("may be encrypted", async () => {
    const value = "ENC[AES256_GCM,data:abc=,type:str]";
    expect(await wrong(secret({ data: { a: value }, sops: { mac: value } }))).toStrictEqual([]);
  });

  it("may have any type and form where its values are put in", async () => {
    const secrets = secret({
      metadata: { name: "one", namespace: "flux-system" },
      stringData: { NUMBER: "1", PERIOD: "1h" },
    });
    builder.fixture.write({ "cluster/flux/vars/secrets.sops.yaml": JSON.stringify(secrets) });
    const { problems } = await builder.buildApp(
      {
        "one.yaml": JSON.stringify(deployment({ replicas: "${NUMBER}" })),
        "two.yaml": JSON.stringify(release({ interval: "${PERIOD}", maxHistory: "${NUMBER}" })),
      },
      "  postBuild: {substituteFrom: [{kind: Secret, name: one}]}",
    );
    expect(problems).toStrictEqual([]);
  });
});

describe("an object of another kind", () => {
  const thing = (spec: object, version = "v1"): object => ({
    apiVersion: `example.org/${version}`,
    kind: "Thing",
    metadata,
    spec,
  });
  const spec = { type: "object", required: ["a"], properties: { a: { type: "string" } } };
  const openAPIV3Schema = { type: "object", properties: { spec } };
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.org" },
    spec: {
      group: "example.org",
      names: { kind: "Thing", listKind: "ThingList", plural: "things", singular: "thing" },
      scope: "Namespaced",
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };

  it("is passed over while nothing is known about it, but for its metadata", async () => {
    const labelled = { ...thing({ b: 1 }), metadata: { ...metadata, finalizers: "none" } };
    expect(await wrong(labelled)).toStrictEqual(['metadata.finalizers: found "none", expected array']);
  });

  it("is judged by a definition in the tree", async () => {
    expect(await wrong(definition, thing({ b: 1 }))).toStrictEqual([
      "spec.a: it is required, but not there",
      "spec.b: there is no such field",
    ]);
    expect(await wrong(definition, thing({ a: "x" }, "v2"))).toStrictEqual([
      "apiVersion: there is no Thing in example.org/v2; there is one in example.org/v1",
    ]);
  });
});
