// What must not be in machine config patches: keys, since patches are readable in every preview, and whatever the program
// sets itself, since two writers would take turns.
import { pathOf, problem, show, type Problem } from "../problem.ts";
import type { StackReading } from "../readStack.ts";

type Values = StackReading["values"];

/** Secrets of the cluster. They are made by the program (or imported by secretsFile). */
const secretKeys = [
  "machine.token",
  "machine.ca",
  "cluster.secret",
  "cluster.token",
  "cluster.ca",
  "cluster.aggregatorCA",
  "cluster.serviceAccount",
  "cluster.etcd.ca",
  "cluster.aescbcEncryptionSecret",
  "cluster.secretboxEncryptionSecret",
];

/** What the program sets, and where the stack config says what. */
const ownedKeys: Readonly<Record<string, string>> = {
  "machine.type": "role of the node",
  "machine.install.disk": "disk of the node",
  "machine.install.image": "schematicId and versions.talos",
  "machine.network.hostname": "name of the node",
  "machine.kubelet.image": "versions.kubernetes",
  "cluster.id": "secretsFile",
  "cluster.clusterName": "cluster.name",
  "cluster.controlPlane.endpoint": "cluster.endpoint",
  "cluster.network.cni": "versions.cilium",
  "cluster.network.podSubnets": "network.podCidr",
  "cluster.network.serviceSubnets": "network.serviceCidr",
  "cluster.apiServer.image": "versions.kubernetes",
  "cluster.controllerManager.image": "versions.kubernetes",
  "cluster.scheduler.image": "versions.kubernetes",
};

/** Keys by their look, wherever they stand. */
const keyMaterial = /PRIVATE KEY-----|AGE-SECRET-KEY-/;

/** All problems in the patches of the stack and of its nodes. */
export function checkPatches(values: Values): readonly Problem[] {
  const lists: (readonly [string, readonly unknown[] | undefined])[] = [
    ...(["common", "controlplane", "worker"] as const).map(
      (kind) => [`patches.${kind}`, values.patches?.[kind]] as const,
    ),
    ...(values.nodes ?? []).map((node, index) => [`nodes[${String(index)}].patches`, node?.patches] as const),
  ];
  return lists.flatMap(([path, patches]) =>
    (patches ?? []).flatMap((patch, index) => checkPatch(`${path}[${String(index)}]`, patch)),
  );
}

function checkPatch(path: string, patch: unknown): readonly Problem[] {
  const present = secretKeys.filter((key) => at(patch, key) !== undefined);
  const secrets = present.map((key) =>
    problem(
      `${path}.${key}`,
      "is a secret of the cluster, and patches are readable in previews",
      "remove it: the program makes these keys, or takes them from secretsFile",
    ),
  );
  const owned = Object.entries(ownedKeys)
    .filter(([key]) => at(patch, key) !== undefined)
    .map(([key, source]) =>
      problem(
        `${path}.${key}`,
        `${show(at(patch, key))} is set by the program`,
        `remove it and set ${source} instead`,
      ),
    );
  const hostname =
    at(patch, "kind") === "HostnameConfig"
      ? [
          problem(
            path,
            "HostnameConfig is written by the program",
            "remove it and set name of the node instead",
          ),
        ]
      : [];
  return [...secrets, ...owned, ...hostname, ...keysInside(path, patch)];
}

/** Key material that hides under other keys than the cluster's own. */
function keysInside(path: string, value: unknown, inner: readonly PropertyKey[] = []): readonly Problem[] {
  if (typeof value === "string")
    return keyMaterial.test(value)
      ? [
          problem(
            `${path}.${pathOf(inner)}`,
            "holds a private key, and patches are readable in previews",
            "deliver it another way, e.g. as a Kubernetes Secret from the Git tree",
          ),
        ]
      : [];
  if (Array.isArray(value))
    return value.flatMap((child, index) => keysInside(path, child, [...inner, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => !secretKeys.includes([...inner, key].join(".")))
    .flatMap(([key, child]) => keysInside(path, child, [...inner, key]));
}

function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
      value,
    );
}
