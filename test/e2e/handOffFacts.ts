// What must be observable in a cluster that has been handed over to Flux. Each function is one fact; it throws an
// AssertionError that names what was found.
import { expect } from "@jest/globals";
import assert from "node:assert/strict";

/** Reads objects of a cluster as plain JSON: `get(["deployments", "-n", "flux-system"])`. */
export type Get = <T = KubeObject>(args: readonly string[]) => Promise<T>;

/** The parts of an object that the facts look at. */
export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly subresource?: string;
    }[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
    readonly artifact?: { readonly revision: string; readonly lastUpdateTime: string };
    readonly lastAppliedRevision?: string;
    readonly inventory?: { readonly entries: readonly { readonly id: string }[] };
  };
  readonly data?: Readonly<Record<string, string>>;
}

interface List {
  readonly items: readonly KubeObject[];
}

const namespace = ["-n", "flux-system"] as const;
const handOffObjects = [
  ["ocirepository", "flux-manifests"],
  ["kustomization", "flux"],
  ["gitrepository", "home-cluster"],
  ["kustomization", "cluster"],
] as const;

function isReady(object: KubeObject): boolean {
  return (
    object.status?.conditions?.some((found) => found.type === "Ready" && found.status === "True") === true
  );
}

/** 1. Flux's CRDs carry its version and belong to the Kustomization `flux`. */
export async function fluxOwnsItsCrds(get: Get, version: string): Promise<void> {
  const crd = await get(["crd", "gitrepositories.source.toolkit.fluxcd.io"]);
  const labels = crd.metadata.labels ?? {};
  expect(labels["app.kubernetes.io/part-of"]).toBe("flux");
  expect(labels["app.kubernetes.io/version"]).toBe(version);
  expect(labels["kustomize.toolkit.fluxcd.io/name"]).toBe("flux");
  expect(labels["kustomize.toolkit.fluxcd.io/namespace"]).toBe("flux-system");
}

/** 2. One set of RBAC objects: that of the artifact, none of the differently named install.yaml. */
export async function oneSetOfRbac(get: Get): Promise<void> {
  const names = (list: List): readonly string[] => list.items.map((item) => item.metadata.name);
  const bindings = names(await get<List>(["clusterrolebindings"]));
  const roles = names(await get<List>(["clusterroles"]));
  const quotas = names(await get<List>(["resourcequotas", ...namespace]));
  for (const name of ["cluster-reconciler", "crd-controller"]) {
    assert.equal(bindings.filter((found) => found === `${name}-flux-system`).length, 1, name);
    expect(bindings).not.toContain(name);
  }
  for (const name of ["flux-edit", "flux-view"]) expect(roles).not.toContain(name);
  expect(quotas).not.toContain("critical-pods");
}

/** 3. The controllers' images, arguments and limits are those of the artifact and the tree's patches, each once. */
export async function controllersAreTuned(get: Get, images: Readonly<Record<string, string>>): Promise<void> {
  const tuned = ["--concurrent=8", "--kube-api-qps=500", "--kube-api-burst=1000", "--requeue-dependency=5s"];
  const helm = [
    "--log-level=debug",
    "--feature-gates=OOMWatch=true",
    "--oom-watch-memory-threshold=95",
    "--oom-watch-interval=500ms",
  ];
  for (const [name, image] of Object.entries(images)) {
    const deployment = await get(["deployment", name, ...namespace]);
    const template = deployment.spec["template"] as {
      spec: {
        containers: { image: string; args: string[]; resources: { limits: Record<string, string> } }[];
      };
    };
    const container = template.spec.containers[0];
    assert.ok(container);
    assert.ok(container.image.endsWith(image), `${name} runs ${container.image}`);
    if (name === "notification-controller") continue;
    for (const arg of name === "helm-controller" ? [...tuned, ...helm] : tuned)
      assert.equal(
        container.args.filter((found) => found === arg).length,
        1,
        `${name} ${arg} in ${container.args.join(" ")}`,
      );
    assert.equal(container.resources.limits["memory"], "2Gi", name);
    assert.ok(["2", "2000m"].includes(container.resources.limits["cpu"] ?? ""), name);
  }
}

/** 4. kustomize-controller alone owns the controllers; nothing of kubectl or Pulumi is left over. */
export async function fluxAloneOwnsItsControllers(get: Get): Promise<void> {
  const deployment = await get(["deployment", "kustomize-controller", ...namespace, "--show-managed-fields"]);
  const managers = (deployment.metadata.managedFields ?? []).filter(
    (found) => found.subresource === undefined,
  );
  expect(
    managers.some((found) => found.manager === "kustomize-controller" && found.operation === "Apply"),
  ).toBeTruthy();
  expect(
    managers
      .map((found) => found.manager)
      .filter((manager) => /^(kubectl|pulumi-kubernetes|home-ops)/.test(manager)),
  ).toStrictEqual([]);
}

/** 5. Flux leaves the four hand-off objects alone. */
export async function pulumiAloneOwnsTheHandOff(get: Get): Promise<void> {
  for (const [kind, name] of handOffObjects) {
    const object = await get([kind, name, ...namespace, "--show-managed-fields"]);
    const managers = object.metadata.managedFields ?? [];
    assert.ok(
      !managers.some((found) => found.manager === "kustomize-controller" && found.operation === "Apply"),
      `${kind} ${name}`,
    );
    assert.equal(
      object.metadata.annotations?.["kustomize.toolkit.fluxcd.io/reconcile"],
      "disabled",
      `${kind} ${name}`,
    );
    assert.equal(object.metadata.labels?.["kustomize.toolkit.fluxcd.io/name"], undefined, `${kind} ${name}`);
  }
}

/** 6. Flux has applied exactly the artifact that it fetched. */
export async function fluxRunsItself(get: Get, version: string): Promise<void> {
  const source = await get(["ocirepository", "flux-manifests", ...namespace]);
  const self = await get(["kustomization", "flux", ...namespace]);
  assert.ok(isReady(source) && isReady(self));
  expect(source.status?.artifact?.revision ?? "").toMatch(
    new RegExp(`^${version.replaceAll(".", "\\.")}@sha256:[0-9a-f]{64}$`),
  );
  expect(self.status?.lastAppliedRevision).toBe(source.status?.artifact?.revision);
  expect(self.status?.inventory?.entries.length ?? 0).toBeGreaterThan(20);
}

/** 7. The root Kustomization has applied the commit, and none of the four hand-off objects is in its inventory to prune. */
export async function rootIsAtTheCommit(get: Get, commit: string): Promise<void> {
  const repository = await get(["gitrepository", "home-cluster", ...namespace]);
  const root = await get(["kustomization", "cluster", ...namespace]);
  assert.ok(isReady(repository) && isReady(root));
  expect(repository.status?.artifact?.revision).toBe(`main@sha1:${commit}`);
  expect(root.status?.lastAppliedRevision).toBe(`main@sha1:${commit}`);
  const entries = (root.status?.inventory?.entries ?? []).map((entry) => entry.id);
  for (const expected of ["cluster-apps", "cluster-secrets"])
    assert.ok(
      entries.some((id) => id.includes(expected)),
      `${expected} in ${entries.join(" ")}`,
    );
  expect(entries.some((id) => id.includes("HelmRepository"))).toBeTruthy();
}

/** 9. Every child of cluster-apps has decryption and substitution, except the ones that opted out. */
export async function childrenArePatched(get: Get): Promise<void> {
  const children = (
    await get<List>(["kustomizations", "-A", "-l", "kustomize.toolkit.fluxcd.io/name=cluster-apps"])
  ).items;
  const optOut = "substitution.flux.home.arpa/disabled";
  assert.ok(
    children.some((child) => child.metadata.labels?.[optOut] === "true"),
    "one child opts out",
  );
  expect(children.length).toBeGreaterThanOrEqual(4);
  for (const child of children) {
    const out = child.metadata.labels?.[optOut] === "true";
    const postBuild = child.spec["postBuild"] as { substituteFrom?: { name: string }[] } | undefined;
    assert.equal(child.spec["decryption"] !== undefined, !out, child.metadata.name);
    assert.equal(
      postBuild?.substituteFrom?.some((source) => source.name === "cluster-secrets") === true,
      !out,
      child.metadata.name,
    );
  }
}

/** 9. A Kustomization became Ready no earlier than those it depends on. */
export async function dependenciesCameFirst(get: Get): Promise<void> {
  const all = (await get<List>(["kustomizations", "-A"])).items;
  const readyAt = (object: KubeObject): number =>
    Date.parse(object.status?.conditions?.find((found) => found.type === "Ready")?.lastTransitionTime ?? "");
  let compared = 0;
  for (const object of all)
    for (const dependency of (object.spec["dependsOn"] ?? []) as { name: string; namespace?: string }[]) {
      const target = all.find(
        (found) =>
          found.metadata.name === dependency.name &&
          found.metadata.namespace === (dependency.namespace ?? object.metadata.namespace),
      );
      assert.ok(target, `${object.metadata.name} depends on ${dependency.name}`);
      assert.ok(
        readyAt(object) >= readyAt(target),
        `${object.metadata.name} was Ready before ${dependency.name}`,
      );
      compared += 1;
    }
  expect(compared).toBeGreaterThanOrEqual(2);
}

/** All Kustomizations and HelmReleases are Ready. */
export async function everythingIsReady(get: Get): Promise<void> {
  for (const kind of ["kustomizations", "helmreleases"]) {
    const { items } = await get<List>([kind, "-A"]);
    assert.ok(items.length > 0, kind);
    assert.deepEqual(
      items.filter((item) => !isReady(item)).map((item) => item.metadata.name),
      [],
      `${kind} that are not Ready`,
    );
  }
}

/** When the tree's artifact was fetched. */
export async function fetchedAt(get: Get): Promise<string | undefined> {
  const repository = await get(["gitrepository", "home-cluster", ...namespace]);
  return repository.status?.artifact?.lastUpdateTime;
}
