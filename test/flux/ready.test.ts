import { describe, expect, it } from "@jest/globals";
import { readiness, remedyFor } from "../../src/flux/ready.ts";
import type { KubeObject } from "../../src/steps/kubernetes.ts";

const name = "Kustomization flux";

function object(ready: "True" | "False", generation: number, observed: number, message = "ok"): KubeObject {
  return {
    metadata: { generation },
    status: {
      observedGeneration: observed,
      lastAppliedRevision: "v2.9.4@sha256:abc",
      conditions: [{ type: "Ready", status: ready, message }],
    },
  };
}

describe("readiness", () => {
  it("is the revision of a Ready object", () => {
    expect(readiness(object("True", 2, 2), { name })).toStrictEqual({
      done: true,
      value: "v2.9.4@sha256:abc",
    });
  });

  it("is not given by a Ready that is left over from before a change", () => {
    expect(readiness(object("True", 3, 2), { name })).toStrictEqual({
      done: false,
      missing: "Kustomization flux: its controller has not seen the last change yet",
    });
  });

  it("is not given at another revision", () => {
    const expected = { name, revision: (revision: string) => revision === "v2.9.4@sha256:def" };
    expect(readiness(object("True", 2, 2), expected)).toStrictEqual({
      done: false,
      missing: "Kustomization flux: is at v2.9.4@sha256:abc",
    });
  });

  it("says what the object says", () => {
    expect(
      readiness(object("False", 2, 2, "substitute from 'Secret/cluster-secrets' error"), { name }),
    ).toStrictEqual({
      done: false,
      missing: "Kustomization flux: substitute from 'Secret/cluster-secrets' error",
    });
  });

  it("says that an object is not there", () => {
    expect(readiness(undefined, { name })).toStrictEqual({
      done: false,
      missing: "Kustomization flux is not there",
    });
  });
});

describe("remedyFor", () => {
  const rows: readonly (readonly [message: string, todo: RegExp])[] = [
    ["ssh: handshake failed: knownhosts: key mismatch", /git\.knownHosts/],
    ["ssh: handshake failed: ssh: unable to authenticate", /refused the deploy key/],
    ["Secret/default/x decryption failed for 'data': cannot get sops data key", /sops updatekeys/],
    ["substitute from 'Secret/cluster-secrets' error: not found", /variable of the tree/],
    ["kustomize build failed: accumulating resources", /does not build/],
    ["something new", /kubectl -n flux-system get/],
  ];
  it.each(rows)("knows what to do about: %s", (message, todo) => {
    expect(remedyFor(message)).toMatch(todo);
  });
});
