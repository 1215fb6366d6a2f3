import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { proveConnection } from "../../../src/flux/steps/proveConnection.ts";
import type { Kubernetes, KubeObject } from "../../../src/steps/kubernetes.ts";
import type { StepError } from "../../../src/steps/stepError.ts";
import { waitFor } from "../../../src/steps/wait.ts";

/** What Flux makes of a look: the message of a failure, or the revision that it has. */
interface Flux {
  /** Revision of the branch at the Git host; an Error where Flux cannot read it. */
  git: string | Error;
  /** What the root says of a revision; an Error where it cannot be applied. */
  apply?: Error;
  suspended?: "GitRepository" | "Kustomization";
  missing?: "GitRepository" | "Kustomization";
  /** The API server's. */
  down?: Error;
  /** How many looks source-controller fails before it succeeds. */
  failures?: number;
  /** Whether nobody looks at what is asked. */
  asleep?: boolean;
  /** Pods of flux-system; an Error where the API server does not give them. */
  pods?: readonly KubeObject[] | Error;
}

/** A cluster whose controllers do at once what they are asked. Both objects are Ready at `main@sha1:old` to begin with. */
function clusterOf(flux: Flux): { readonly kubernetes: Kubernetes; readonly asked: string[] } {
  const asked: string[] = [];
  const state = (kind: string, apiVersion: string, name: string): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace: "flux-system", generation: 1 },
    spec: flux.suspended === kind ? { suspend: true } : {},
    status: {
      observedGeneration: 1,
      ...(kind === "GitRepository"
        ? { artifact: { revision: "main@sha1:old" } }
        : { lastAppliedRevision: "main@sha1:old" }),
      conditions: [{ type: "Ready", status: "True", message: "from before" }],
    },
  });
  let [repository, root] = [
    state("GitRepository", "source.toolkit.fluxcd.io/v1", "home-cluster"),
    state("Kustomization", "kustomize.toolkit.fluxcd.io/v1", "cluster"),
  ];
  const look = (
    found: KubeObject,
    id: string | undefined,
    failure: Error | undefined,
    revision: object,
  ): KubeObject => ({
    ...found,
    status: {
      ...found.status,
      ...(failure === undefined ? revision : {}),
      ...(id === undefined ? {} : { lastHandledReconcileAt: id }),
      conditions: [
        {
          type: "Ready",
          status: failure === undefined ? "True" : "False",
          message: failure?.message ?? "stored",
        },
      ],
    },
  });
  const fetch = (id: string | undefined): void => {
    const failed = flux.git instanceof Error ? flux.git : undefined;
    const failure = failed ?? ((flux.failures ?? 0) > 0 ? new Error("i/o timeout") : undefined);
    flux.failures = (flux.failures ?? 0) - 1;
    repository = look(repository, id, failure, { artifact: { revision: flux.git } });
    if (failure === undefined) root = look(root, undefined, flux.apply, { lastAppliedRevision: flux.git });
  };
  let requested: { readonly kind?: string | undefined; readonly id: string } | undefined;
  const kubernetes = {
    list: () => (flux.pods instanceof Error ? Promise.reject(flux.pods) : Promise.resolve(flux.pods ?? [])),
    jsonPatch: (object: KubeObject, [test]: readonly [{ readonly value: string }, object]) => {
      // Only what was asked is taken back. Two that are asked within a millisecond have the same id.
      if (test.value === requested?.id && object.kind === requested.kind)
        asked.push(`${object.kind ?? ""} as before`);
      return Promise.resolve();
    },
    read: (_apiVersion: string, kind: string) => {
      if (flux.down !== undefined) return Promise.reject(flux.down);
      if (flux.missing === kind) return Promise.resolve(undefined);
      // source-controller tries again by itself after a failure.
      if (kind === "GitRepository" && asked.length > 0 && flux.asleep !== true)
        fetch(String(repository.status?.["lastHandledReconcileAt"]));
      return Promise.resolve(kind === "GitRepository" ? repository : root);
    },
    change: (object: KubeObject, { metadata }: { metadata: { annotations: Record<string, string> } }) => {
      asked.push(object.kind ?? "");
      const id = metadata.annotations["reconcile.fluxcd.io/requestedAt"];
      assert.ok(id !== undefined);
      requested = { kind: object.kind, id };
      if (flux.asleep === true) return Promise.resolve();
      if (object.kind === "GitRepository") fetch(id);
      else root = look(root, id, flux.apply, {});
      return Promise.resolve();
    },
  } as unknown as Kubernetes;
  return { kubernetes, asked };
}

const patience = {
  fetchSeconds: 0.2,
  placeSeconds: 0.05,
  retrySeconds: 0.05,
  applySeconds: 0.05,
  intervalMs: 1,
};

async function prove(
  flux: Flux,
  limits = patience,
): Promise<{ said: string; warnings: readonly string[]; asked: readonly string[] }> {
  const { kubernetes, asked } = clusterOf(flux);
  const warnings: string[] = [];
  const step = {
    warn: (line: string) => warnings.push(line),
    waitFor: <T>(options: object, once: () => Promise<never>) =>
      waitFor<T>(
        {
          ...(options as Parameters<typeof waitFor>[0]),
          signal: new AbortController().signal,
          say: () => undefined,
        },
        once,
      ),
  };
  return {
    said: await proveConnection(step, { kubeconfigText: "x" }, { kubernetes, patience: limits }),
    warnings,
    asked,
  };
}

const refused = async (flux: Flux, message: RegExp, todo: RegExp, limits = patience): Promise<void> => {
  await assert.rejects(prove(flux, limits), (error: StepError) => {
    expect(error.message).toMatch(/^everything of this run is done, but Flux does not bring what Git says: /);
    expect(error.message).toMatch(message);
    expect(error.todo).toMatch(todo);
    return true;
  });
};

describe("the proof that Flux reads Git", () => {
  it("asks source-controller, and nobody else when all is well", async () => {
    const { said, warnings, asked } = await prove({ git: "main@sha1:old" });
    expect(said).toBe("Flux reads Git: main@sha1:old");
    expect(warnings).toStrictEqual([]);
    expect(asked).toStrictEqual(["GitRepository", "GitRepository as before"]);
  });

  it("waits for the root to apply a commit that has just been pushed", async () => {
    expect((await prove({ git: "main@sha1:new" })).said).toBe("Flux reads Git: main@sha1:new");
  });

  it("is not fooled by a Ready from before the deploy key was deleted", () =>
    refused(
      { git: new Error("failed to checkout: ssh: handshake failed: ssh: unable to authenticate") },
      /GitRepository home-cluster: failed to checkout: .*unable to authenticate/,
      /refused the deploy key: look whether it is still registered, then run npm run up -- --refresh/,
    ));

  it("says that the cluster cannot reach the Git host", () =>
    refused(
      { git: new Error("dial tcp: lookup github.com: no such host") },
      /no such host/,
      /cluster cannot reach it/,
    ));

  it("bears a failure that is over by itself", async () => {
    expect((await prove({ git: "main@sha1:new", failures: 2 })).said).toBe("Flux reads Git: main@sha1:new");
  });

  it("says that nobody looks", () =>
    refused({ git: "x", asleep: true }, /source-controller has not looked at it/, /kubectl/));

  it("says why nobody looks when the controller's pod does not run", () => {
    const unscheduled = (name: string, message: string): KubeObject => ({
      metadata: { name },
      status: { conditions: [{ type: "PodScheduled", status: "False", message }] },
    });
    const pods = [
      unscheduled("helm-controller-1", "not this one"),
      unscheduled("source-controller-1", "0/1 nodes are available: 1 node(s) had untolerated taint(s)."),
    ];
    return refused(
      { git: "x", asleep: true, pods },
      /: source-controller-1 is not scheduled: 0\/1 nodes are available: 1 node\(s\) had untolerated taint/,
      /describe pods -l app=source-controller/,
      // Nobody waits that long for a pod that no machine takes.
      { ...patience, fetchSeconds: 3_600 },
    );
  });

  it("still says that nobody looks when the pods cannot be asked for", () =>
    refused(
      { git: "x", asleep: true, pods: new Error("no answer in time") },
      /source-controller has not looked at it/,
      /kubectl/,
    ));

  it("says why the root does not apply the commit", () =>
    refused(
      { git: "main@sha1:new", apply: new Error("kustomize build failed: accumulating resources") },
      /Kustomization cluster: kustomize build failed/,
      /does not build/,
    ));

  it("says which object is missing", async () => {
    for (const missing of ["GitRepository", "Kustomization"] as const)
      await refused(
        { git: "x", missing },
        new RegExp(`${missing} \\S+ is not in the cluster`),
        /--refresh makes it again/,
      );
  });

  it("says that the cluster does not answer", () =>
    refused(
      { git: "x", down: new Error("no answer in time") },
      /API does not answer: no answer in time/,
      /doctor/,
    ));

  it("leaves alone what somebody has suspended by hand, and says so", async () => {
    for (const suspended of ["GitRepository", "Kustomization"] as const) {
      const { warnings, asked } = await prove({ git: new Error("unable to authenticate"), suspended });
      expect(asked).toStrictEqual([]);
      expect(warnings.length).toBe(1);
      expect(warnings[0] ?? "").toMatch(new RegExp(`^${suspended} flux-system/\\S+ is suspended by hand`));
    }
  });
});
