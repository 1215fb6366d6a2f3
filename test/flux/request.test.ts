// Asking a controller for a look, and knowing when it has looked.
import { describe, expect, it } from "@jest/globals";
import { forgetRequest, isHandled, isSettled, request } from "../../src/flux/request.ts";
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";

const id = "2026-11-23T20:15:00.000Z";

/** An object that has handled the request, with these conditions. */
function object(ready: object | undefined, reconciling?: object, status: object = {}): KubeObject {
  const conditions = [
    ...(ready === undefined ? [] : [{ type: "Ready", ...ready }]),
    ...(reconciling === undefined ? [] : [{ type: "Reconciling", ...reconciling }]),
  ];
  return {
    metadata: { generation: 2 },
    status: { lastHandledReconcileAt: id, observedGeneration: 2, conditions, ...status },
  };
}

describe("a look that was asked for", () => {
  const progressing = { status: "True", reason: "Progressing" };
  it.each<[string, KubeObject, boolean]>([
    ["that went well", object({ status: "True" }), true],
    ["that failed", object({ status: "False", reason: "BuildFailed" }), true],
    ["that failed and is tried again", object({ status: "False" }, progressing), false],
    ["whose source is not there", object({ status: "False", reason: "SourceNotReady" }, progressing), true],
    ["that goes on", object({ status: "Unknown" }, progressing), false],
    ["of which nothing is said", object(undefined), false],
    ["at the spec before", object({ status: "True" }, undefined, { observedGeneration: 1 }), false],
    ["of somebody before", object({ status: "True" }, undefined, { lastHandledReconcileAt: "x" }), false],
  ])("%s: is over or not", (_what, found, isOver) => {
    expect(isSettled(found, id)).toBe(isOver);
  });

  it("is known by its id", () => {
    expect(isHandled(object(undefined), id)).toBe(true);
    expect(isHandled({}, id)).toBe(false);
  });
});

describe("a request", () => {
  it("goes with other changes in one write", async () => {
    const changes: object[] = [];
    const kubernetes = {
      change: (_object: KubeObject, change: object) => Promise.resolve(void changes.push(change)),
    } as unknown as Kubernetes;
    await request(kubernetes, {}, id);
    await request(kubernetes, {}, id, { annotations: { force: id }, spec: { suspend: null } });
    const requested = { "reconcile.fluxcd.io/requestedAt": id };
    expect(changes).toStrictEqual([
      { metadata: { annotations: requested } },
      { metadata: { annotations: { force: id, ...requested } }, spec: { suspend: null } },
    ]);
  });

  it("is taken back only as long as it is this one; where that fails nothing is lost", async () => {
    const patches: object[] = [];
    const kubernetes = {
      jsonPatch: (_object: KubeObject, operations: readonly object[]) => {
        patches.push(...operations);
        return Promise.reject(new Error("the test failed"));
      },
    } as unknown as Kubernetes;
    await forgetRequest(kubernetes, {}, id);
    const path = "/metadata/annotations/reconcile.fluxcd.io~1requestedAt";
    expect(patches).toStrictEqual([
      { op: "test", path, value: id },
      { op: "remove", path },
    ]);
  });
});
