// The objects of a Flux install that belong to no single controller: namespace, rights, quota, network policies.
import { fluxLabels, fluxNamespace, type KubeObject } from "./object.ts";
import type { FluxSet } from "./sets.ts";

const rbac = "rbac.authorization.k8s.io";
const apiGroups = ["source", "kustomize", "helm", "notification", "image"].map(
  (name) => `${name}.toolkit.fluxcd.io`,
);
const extensions = "source.extensions.fluxcd.io";
const read = ["get", "list", "watch"];
const write = ["create", "delete", "deletecollection", "patch", "update"];
const leaderElection = [...read, "create", "update", "patch", "delete"];
const anyNamespace = [{ from: [{ namespaceSelector: {} }] }];

/** All of them. Source: `flux install --export` of fluxcd/flux2 v2.9 (manifests/rbac, manifests/policies). */
export function commonObjects(set: FluxSet): readonly KubeObject[] {
  const labels = fluxLabels(set);
  const metadata = (name: string): KubeObject["metadata"] => ({ labels, name, namespace: fluxNamespace });
  return [
    namespace(set),
    policy(metadata("allow-egress"), {
      egress: [{}],
      ingress: [{ from: [{ podSelector: {} }] }],
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    }),
    policy(metadata("allow-scraping"), {
      ingress: anyNamespace.map((rule) => ({ ...rule, ports: [{ port: 8080, protocol: "TCP" }] })),
      podSelector: {},
      policyTypes: ["Ingress"],
    }),
    policy(metadata("allow-webhooks"), {
      ingress: anyNamespace,
      podSelector: { matchLabels: { app: "notification-controller" } },
      policyTypes: ["Ingress"],
    }),
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: metadata(`critical-pods-${fluxNamespace}`),
      spec: {
        hard: { pods: "1000" },
        scopeSelector: {
          matchExpressions: [
            {
              operator: "In",
              scopeName: "PriorityClass",
              values: ["system-node-critical", "system-cluster-critical"],
            },
          ],
        },
      },
    },
    ...rights(set),
  ];
}

function namespace(set: FluxSet): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      labels: {
        ...fluxLabels(set),
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "latest",
      },
      name: fluxNamespace,
    },
  };
}

function policy(metadata: KubeObject["metadata"], spec: object): KubeObject {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec };
}

function rights(set: FluxSet): readonly KubeObject[] {
  const everybody = set.controllers.map((controller) => controller.name);
  const aggregated = (...roles: readonly string[]): Record<string, string> =>
    Object.fromEntries(roles.map((role) => [`${rbac}/aggregate-to-${role}`, "true"]));
  return [
    role(set, "crd-controller", [
      ...apiGroups.map((group) => ({ apiGroups: [group], resources: ["*"], verbs: ["*"] })),
      core(["namespaces", "secrets", "configmaps", "serviceaccounts"], read),
      core(["events"], ["create", "patch"]),
      core(["configmaps"], leaderElection),
      core(["configmaps/status"], ["get", "update", "patch"]),
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: leaderElection },
      core(["serviceaccounts/token"], ["create"]),
      { nonResourceURLs: ["/livez/ping"], verbs: ["head"] },
    ]),
    role(
      set,
      "flux-edit",
      [{ apiGroups: [...apiGroups, extensions], resources: ["*"], verbs: write }],
      aggregated("admin", "edit"),
    ),
    role(
      set,
      "flux-view",
      [{ apiGroups: [...apiGroups, extensions], resources: ["*"], verbs: read }],
      aggregated("admin", "edit", "view"),
    ),
    binding(set, "cluster-reconciler", "cluster-admin", ["kustomize-controller", "helm-controller"]),
    binding(set, "crd-controller", `crd-controller-${fluxNamespace}`, everybody),
  ];
}

function core(resources: readonly string[], verbs: readonly string[]): object {
  return { apiGroups: [""], resources, verbs };
}

function role(
  set: FluxSet,
  name: string,
  rules: readonly object[],
  labels: Readonly<Record<string, string>> = {},
): KubeObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { labels: { ...fluxLabels(set), ...labels }, name: `${name}-${fluxNamespace}` },
    rules,
  };
}

function binding(set: FluxSet, name: string, roleName: string, accounts: readonly string[]): KubeObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { labels: fluxLabels(set), name: `${name}-${fluxNamespace}` },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: roleName },
    subjects: accounts.map((account) => ({
      kind: "ServiceAccount",
      name: account,
      namespace: fluxNamespace,
    })),
  };
}
