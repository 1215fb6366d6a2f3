// Everything that makes up a handed-over cluster, without what every creation makes anew: to compare two of them.
import type { TestLab } from "./testLab.ts";

interface Stored {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly managedFields?: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly subresource?: string;
    }[];
  };
  readonly [field: string]: unknown;
}

/** Kinds of Flux's own objects, e.g. `kustomizations.kustomize.toolkit.fluxcd.io`. */
export async function fluxKinds(lab: TestLab): Promise<string[]> {
  const text = await lab.ok(
    "kubectl",
    "get",
    "crd",
    "--selector",
    "app.kubernetes.io/part-of=flux",
    "--output",
    "name",
  );
  return text
    .trim()
    .split("\n")
    .map((line) => line.replace(/^.*\//, ""));
}

/** All objects by kind and name: Flux's, and everything in its namespace. */
export async function fluxObjects(lab: TestLab): Promise<Readonly<Record<string, unknown>>> {
  const get = async (...words: string[]): Promise<readonly Stored[]> =>
    (await lab.get<{ items: readonly Stored[] }>([...words, "--show-managed-fields"])).items;
  const inNamespace =
    "secrets,configmaps,serviceaccounts,services,deployments,networkpolicies,resourcequotas";
  const found = [
    ...(await get("namespaces", "--field-selector", "metadata.name=flux-system")),
    ...(await get("crds,clusterroles,clusterrolebindings", "--selector", "app.kubernetes.io/part-of=flux")),
    ...(await get(inNamespace, "--namespace", "flux-system")),
    ...(await get((await fluxKinds(lab)).join(","), "--all-namespaces")),
  ];
  const entries = found.map((object): [string, unknown] => [nameOf(object), lasting(object)]);
  // What printed them shows Secrets; it is no leak of the program's.
  lab.printed.splice(-5);
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}

function nameOf({ kind, metadata }: Stored): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

// Counted or chosen by the API server, by Flux for "look now", and by Helm's and the Deployment controller's bookkeeping.
const passing =
  /^(reconcile\.fluxcd\.io\/(requestedAt|forceAt|resetAt)|deployment\.kubernetes\.io\/revision)$/;

/** It writes "look now" into a source when a push is heard of, and nothing else. */
const askingToLook = "notification-controller";

function lasting({ metadata, status: _, ...content }: Stored): unknown {
  const { name, namespace, labels, annotations = {}, finalizers, managedFields = [] } = metadata;
  const writers = managedFields
    .filter(({ subresource, manager }) => subresource === undefined && manager !== askingToLook)
    .map(({ manager, operation }) => `${manager} ${operation}`);
  return {
    ...content,
    spec: withoutAddress(content["spec"]),
    metadata: {
      name,
      namespace,
      labels,
      finalizers,
      annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !passing.test(key))),
      writers: [...new Set(writers)].sort(),
    },
  };
}

/** A Service's address is the next free one. */
function withoutAddress(spec: unknown): unknown {
  if (typeof spec !== "object" || spec === null || !("clusterIP" in spec)) return spec;
  const { clusterIP: _, clusterIPs: __, ...rest } = spec as Record<string, unknown>;
  return rest;
}
