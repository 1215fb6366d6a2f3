// Waiting for Flux to manage itself: in which order, and in whose words it is given up.
import assert from "node:assert/strict";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { readySeconds } from "../../../src/flux/contracts.ts";
import { waitForSelfManagement } from "../../../src/flux/steps/waitForSelfManagement.ts";
import { waitReady } from "../../../src/flux/waitReady.ts";
import type { Kubernetes, KubeObject } from "../../../src/steps/kubernetes.ts";
import type { Step } from "../../../src/steps/step.ts";
import type { StepError } from "../../../src/steps/stepError.ts";
import { done, notYet, type Observation } from "../../../src/steps/wait.ts";
import { quietStep } from "../../fakes/clients.ts";

const revision = "v2.9.4@sha256:abc";
const labels = { "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.9.4" };

/** What Flux says of itself when it manages itself at 2.9.4. */
function whole(): Record<string, KubeObject> {
  const ready = { observedGeneration: 1, conditions: [{ type: "Ready", status: "True" }] };
  return {
    "OCIRepository flux-manifests": {
      metadata: { generation: 1 },
      spec: { ref: { tag: "v2.9.4" } },
      status: { ...ready, artifact: { revision } },
    },
    "Kustomization flux": {
      metadata: { generation: 1 },
      status: { ...ready, lastAppliedRevision: revision },
    },
    Deployment: {
      metadata: { name: "source-controller", generation: 1, labels },
      spec: { replicas: 1 },
      status: {
        observedGeneration: 1,
        replicas: 1,
        updatedReplicas: 1,
        conditions: [{ type: "Available", status: "True" }],
      },
    },
    CustomResourceDefinition: {
      metadata: { name: "buckets", labels: { ...labels, "kustomize.toolkit.fluxcd.io/name": "flux" } },
      spec: { group: "source.toolkit.fluxcd.io", names: { kind: "Bucket" }, versions: [{ name: "v1" }] },
      status: { storedVersions: ["v1"] },
    },
  };
}

function clusterOf(objects: Readonly<Record<string, KubeObject>>): Kubernetes {
  return {
    read: (_version: string, kind: string, name: string, namespace: string) => {
      expect(namespace).toBe("flux-system");
      return Promise.resolve(objects[`${kind} ${name}`]);
    },
    list: (_version: string, kind: string) => Promise.resolve([objects[kind]]),
  } as unknown as Kubernetes;
}

const wait = (objects: Readonly<Record<string, KubeObject>>, step: Step): Promise<string> =>
  waitForSelfManagement(step, { kubeconfigText: "x" }, { kubernetes: clusterOf(objects) });

/** Lets the time for one look pass as soon as it has begun. */
function timeIsOver(): void {
  const start = Date.now();
  let calls = 0;
  jest.spyOn(Date, "now").mockImplementation(() => start + ((calls += 1) > 1 ? readySeconds * 1000 + 1 : 0));
}
afterEach(() => {
  jest.restoreAllMocks();
});

describe("Flux", () => {
  it("manages itself when artifact, Kustomization and controllers are of the tag", async () => {
    const { step, lines } = quietStep();
    expect(await wait(whole(), step)).toBe(
      `Flux manages itself at ${revision}: 1 controllers of Flux v2.9.4`,
    );
    expect(lines).toStrictEqual([]);
  });

  it.each([
    [
      "has fetched another tag",
      "OCIRepository flux-manifests",
      { artifact: { revision: "v2.8.0@sha256:abc" } },
      /^OCIRepository flux-manifests is not Ready after 540 s\. .*is at v2\.8\.0@sha256:abc$/,
    ],
    [
      "has applied another artifact of the tag",
      "Kustomization flux",
      { lastAppliedRevision: "v2.9.4@sha256:def" },
      /^Kustomization flux is not Ready after 540 s\. Kustomization flux: is at v2\.9\.4@sha256:def$/,
    ],
    [
      "has a controller that does not start",
      "Deployment",
      { conditions: [] },
      /^Flux's controllers is not Ready after 540 s\. source-controller v2\.9\.4 is not available yet$/,
    ],
  ])("does not while it %s", async (_what, key, status, message) => {
    const objects = whole();
    const object = objects[key];
    objects[key] = { ...object, status: { ...object?.status, ...status } };
    // Of the three waits each takes the time once for its end, and once for each look that finds too little.
    const start = Date.now();
    let over = false;
    jest.spyOn(Date, "now").mockImplementation(() => (over ? start + readySeconds * 1000 + 1 : start));
    const { step } = quietStep();
    step.say = () => {
      over = true;
    };
    await expect(wait(objects, step)).rejects.toThrow(message);
  });
});

describe("a wait for an object of Flux", () => {
  it("says what is missing once, as long as it stays so", async () => {
    const { step, lines } = quietStep();
    const seen: Observation<string>[] = [notYet("a"), notYet("a"), done("well")];
    expect(await waitReady(step, "x", () => Promise.resolve(seen.shift() ?? notYet("?")))).toBe("well");
    expect(lines).toStrictEqual(["a"]);
  });

  it("is given up in the object's words, with what to do about them", async () => {
    timeIsOver();
    const said = "Kustomization apps: kustomize build failed: no such file";
    await assert.rejects(
      waitReady(quietStep().step, "everything", () => Promise.resolve(notYet(said))),
      (error: StepError) => {
        expect(error.message).toBe(`everything is not Ready after 540 s. ${said}`);
        expect(error.todo).toMatch(/the tree at that commit does not build/);
        return true;
      },
    );
  });

  it("takes an API that does not answer for something that passes", async () => {
    timeIsOver();
    await expect(
      waitReady(quietStep().step, "Kustomization flux", () => Promise.reject(new Error("no answer in time"))),
    ).rejects.toThrow("Kustomization flux: no answer in time");
  });

  it("ends with its step, whatever the look says then", async () => {
    const { step } = quietStep();
    const stop = new AbortController();
    Object.defineProperty(step, "signal", { value: stop.signal });
    const look = (): Promise<never> => {
      stop.abort(new Error("stopped by SIGINT"));
      return Promise.reject(new Error("aborted"));
    };
    await expect(waitReady(step, "x", look)).rejects.toThrow("stopped by SIGINT");
  });
});
