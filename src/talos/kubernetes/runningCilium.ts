import type { Kubernetes } from "../../steps/kubernetes.ts";

/** The Cilium that runs, e.g. `1.20.1`, as the image of its agents says it; undefined where there is none. */
export async function runningCilium(kubernetes: Kubernetes): Promise<string | undefined> {
  const agents = await kubernetes.read("apps/v1", "DaemonSet", "cilium", "kube-system");
  const template = agents?.spec?.["template"] as
    { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } } | undefined;
  return /:v(\d+\.\d+\.\d+(?:-[\w.-]+)?)/.exec(template?.spec?.containers?.[0]?.image ?? "")?.[1];
}
