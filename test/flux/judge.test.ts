// How an object of Flux is doing, by what its controller says of it.
import { describe, expect, it } from "@jest/globals";
import { judge, oneLine, shortRevision, type State } from "../../src/flux/ready.ts";
import type { KubeObject } from "../../src/steps/kubernetes.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const object = (conditions: readonly object[], more: KubeObject = {}): KubeObject => ({
  metadata: { generation: 2 },
  ...more,
  status: {
    observedGeneration: 2,
    lastAppliedRevision: `main@sha1:${commit}`,
    conditions: [...conditions],
    ...more.status,
  },
});
const ready = (status: string, reason = "", message = "said"): object => ({
  type: "Ready",
  status,
  reason,
  message,
});
const reconciling = { type: "Reconciling", status: "True", message: "building" };
const stalled = { type: "Stalled", status: "True" };

describe("an object of Flux", () => {
  it.each<[string, KubeObject, State, string]>([
    ["that is well", object([ready("True")]), "ready", "said"],
    ["that is only a setting", object([], { kind: "Alert" }), "ready", ""],
    ["that fetches nothing", object([], { kind: "HelmRepository", spec: { type: "oci" } }), "ready", ""],
    ["that is new", object([]), "working", "its controller has not looked at it yet"],
    ["at work", object([ready("Unknown"), reconciling]), "working", "building"],
    ["at work, without more words", object([ready("Unknown")]), "working", "said"],
    ["that begins anew", object([ready("False", "HealthCheckCanceled")]), "working", "said"],
    ["that waits for another", object([ready("False", "DependencyNotReady")]), "waiting", "said"],
    ["that failed", object([ready("False", "BuildFailed")]), "failing", "said"],
    [
      "whose action is tried again",
      object([ready("False", "InstallFailed"), reconciling]),
      "working",
      "said",
    ],
    [
      "whose action is given up",
      object([ready("False", "InstallFailed"), reconciling, stalled]),
      "failing",
      "said",
    ],
    [
      "that failed with its spec of before",
      object([ready("False", "UpgradeFailed")], { status: { lastAttemptedGeneration: 1 } }),
      "working",
      "said",
    ],
    [
      "whose artifact cannot be had, whatever it attempted",
      object([ready("False", "ArtifactFailed")], { status: { lastAttemptedGeneration: 1 } }),
      "failing",
      "said",
    ],
    [
      "whose last change nobody has seen",
      object([ready("True")], { status: { observedGeneration: 1 } }),
      "working",
      "its controller has not seen the last change yet",
    ],
  ])("%s", (_what, found, state, message) => {
    expect(judge(found)).toMatchObject({ state, message });
  });

  it("at another revision than the one that is due says where it is, and where its source is", () => {
    const revision = (): boolean => false;
    expect(judge(object([ready("True")]), { revision, source: "main@sha1:ffffffffffffffff" })).toMatchObject({
      state: "working",
      message: "is at main@sha1:0123456789ab, its source at main@sha1:ffffffffffff",
    });
    expect(shortRevision("")).toBe("nothing");
  });

  it("is quoted in one line, with the paths of the repository", () => {
    expect(oneLine("build of /tmp/kustomization-123/apps/x.yaml\n  failed ")).toBe(
      "build of apps/x.yaml failed",
    );
  });
});
