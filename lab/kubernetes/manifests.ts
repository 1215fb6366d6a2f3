// What Talos applies once an API server answers, as far as others wait for it: without its role bindings no kubelet gets a
// certificate, so no Node registers before.
// Source: siderolabs/talos v1.12 internal/app/machined/pkg/controllers/k8s/templates
import { setTimeout as delay } from "node:timers/promises";
import { ApiError, type KubeApi } from "./kubeApi.ts";

const collection = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const bootstrapper = "system-bootstrap-node-bootstrapper";
const retryMs = 500;

/** Name, role and group of each. */
const bindings = [
  [bootstrapper, "system:node-bootstrapper", "system:bootstrappers"],
  [
    "system-bootstrap-approve-node-client-csr",
    "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
    "system:bootstrappers",
  ],
  [
    "system-bootstrap-node-renewal",
    "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
    "system:nodes",
  ],
] as const;

/** Applies them after a while; goes on until all are there or `signal` aborts. */
export async function applyManifests(api: KubeApi, afterMs: number, signal: AbortSignal): Promise<void> {
  for (let wait = afterMs; !signal.aborted; wait = retryMs) {
    await delay(wait, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      for (const [name, role, group] of bindings) await apply(api, name, role, group);
      return;
    } catch {
      // The API server is away again: it is asked until it answers.
    }
  }
}

/** Whether a kubelet can register. */
export async function kubeletsMayJoin(api: KubeApi): Promise<boolean> {
  return (await api.find(`${collection}/${bootstrapper}`)) !== undefined;
}

async function apply(api: KubeApi, name: string, role: string, group: string): Promise<void> {
  const rbac = "rbac.authorization.k8s.io";
  try {
    await api.call("POST", collection, {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
      subjects: [{ apiGroup: rbac, kind: "Group", name: group }],
    });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
  }
}
