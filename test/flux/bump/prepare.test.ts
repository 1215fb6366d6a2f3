// What a Flux bump does to the cluster before the tag changes, and when it does nothing.
import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { parseAllDocuments, stringify } from "yaml";
import type { Definition } from "../../../src/flux/bump/definitions.ts";
import { backupOf, storeAnew } from "../../../src/flux/bump/storage.ts";
import { prepareFluxBump } from "../../../src/flux/steps/prepareFluxBump.ts";
import type { Kubernetes, KubeObject } from "../../../src/steps/kubernetes.ts";
import type { StepError } from "../../../src/steps/stepError.ts";
import { quietStep } from "../../fakes/clients.ts";

const name = "helmreleases.helm.toolkit.fluxcd.io";

function crd(storage: string, stored: readonly string[], ...others: readonly string[]): KubeObject {
  const versions = [storage, ...others].map((version) => ({ name: version, storage: version === storage }));
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name },
    spec: { group: "helm.toolkit.fluxcd.io", names: { kind: "HelmRelease" }, versions },
    status: { storedVersions: stored },
  };
}

const echo = {
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: {
    name: "echo",
    namespace: "default",
    labels: { app: "echo" },
    uid: "u",
    resourceVersion: "7",
    managedFields: [
      { manager: "flux", apiVersion: "helm.toolkit.fluxcd.io/v2" },
      { manager: "old", apiVersion: "helm.toolkit.fluxcd.io/v2beta1" },
    ],
  },
  spec: { interval: "1h" },
  status: { observedGeneration: 1 },
} as KubeObject;

/** What was done, in order. */
let did: string[];
let definitions: readonly KubeObject[];
let version: () => Promise<string>;
beforeEach(() => {
  did = [];
  definitions = [];
  version = () => Promise.resolve("v1.35.4");
});

const kubernetes = {
  version: () => version(),
  list: (apiVersion: string, kind: string) => {
    if (kind === "CustomResourceDefinition") return Promise.resolve(definitions);
    expect([apiVersion, kind]).toStrictEqual(["helm.toolkit.fluxcd.io/v2", "HelmRelease"]);
    return Promise.resolve([echo]);
  },
  jsonPatch: ({ metadata }: KubeObject, operations: readonly object[]) => {
    did.push(`patch ${metadata?.name ?? ""} ${JSON.stringify(operations)}`);
    return Promise.resolve();
  },
  patchStatus: ({ metadata }: KubeObject, status: object) => {
    did.push(`status of ${metadata?.name ?? ""} ${JSON.stringify(status)}`);
    return Promise.resolve();
  },
} as unknown as Kubernetes;

const migrated = [
  'patch echo [{"op":"replace","path":"/metadata/managedFields/1/apiVersion","value":"helm.toolkit.fluxcd.io/v2"}]',
  `status of ${name} {"storedVersions":["v2"]}`,
];
const definition: Definition = {
  name,
  group: "helm.toolkit.fluxcd.io",
  kind: "HelmRelease",
  versions: ["v2", "v2beta1"],
  storage: "v2",
  stored: ["v2beta1", "v2"],
};

describe("objects in a version that goes", () => {
  it("are stored anew, with what their field managers remember, and then the definition says so", async () => {
    expect(await storeAnew(kubernetes, definition)).toBe(1);
    expect(did).toStrictEqual(migrated);
  });

  it("are kept in a form that kubectl can apply again", async () => {
    const text = await backupOf(kubernetes, [definition]);
    expect(parseAllDocuments(text).map((document) => document.toJS() as unknown)).toStrictEqual([
      {
        apiVersion: "helm.toolkit.fluxcd.io/v2",
        kind: "HelmRelease",
        metadata: { name: "echo", namespace: "default", labels: { app: "echo" } },
        spec: { interval: "1h" },
      },
    ]);
    expect(did).toStrictEqual([]);
  });
});

describe("the way to another Flux", () => {
  const prepare = async (...bundle: readonly KubeObject[]): Promise<readonly [string, readonly string[]]> => {
    const { step, lines } = quietStep();
    const reached = await prepareFluxBump(
      step,
      { tree: "cluster", stack: "test", ageRecipients: ["age1"], kubeconfigText: "x" },
      {
        kubernetes,
        pull: (url, tag) => {
          expect([url, tag]).toStrictEqual([expect.stringMatching(/^oci:/), expect.stringMatching(/^v2\./)]);
          return Promise.resolve(bundle.map((object) => `---\n${stringify(object)}`).join(""));
        },
        backup: async ({ kind, recipients }, take) => {
          did.push(
            `backup ${kind} to ${recipients.join()}: ${/name: .*/.exec(String(await take()))?.[0] ?? ""}`,
          );
          return "backups/test/x.age";
        },
      },
    );
    return [reached, lines];
  };
  const refused = async (bundle: KubeObject, message: RegExp, todo: RegExp): Promise<void> => {
    await assert.rejects(prepare(bundle), (error: StepError) => {
      expect(error.message).toMatch(message);
      expect(error.todo).toMatch(todo);
      return true;
    });
    expect(did).toStrictEqual([]);
  };

  it("is a backup, then the migration of what the new definitions cannot read", async () => {
    definitions = [crd("v2", ["v2beta1", "v2"], "v2beta1")];
    const [reached, lines] = await prepare(crd("v2", []));
    expect(reached).toMatch(/^ready for Flux v2\./);
    expect(did).toStrictEqual(["backup flux.yaml to age1: name: echo", ...migrated]);
    expect(lines).toStrictEqual([
      "Flux's objects: backups/test/x.age",
      "HelmRelease: 1 objects stored anew as helm.toolkit.fluxcd.io/v2",
    ]);
  });

  it("is closed where nothing leads from what is stored to the new definitions", () => {
    definitions = [crd("v2beta1", ["v2beta1"])];
    return refused(
      crd("v2", []),
      /^Flux v2\.\S+ cannot read what is in the cluster: HelmReleases are stored as .*v2beta1, and the new definition has v2 only$/,
      /nothing has been changed; raise Flux minor by minor/,
    );
  });

  it("is not known while the API does not answer", () => {
    version = () => Promise.reject(new Error("no answer in time"));
    return refused(
      crd("v2", []),
      /^the cluster's API does not answer: no answer in time$/,
      /nothing has been/,
    );
  });
});
