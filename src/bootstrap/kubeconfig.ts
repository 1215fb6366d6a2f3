import { isSameEndpoint } from "../config/endpointMove.ts";

/**
 * The kubeconfig, unchanged, if it names a cluster.
 *
 * @throws Error when it does not: the Kubernetes provider would silently take the user's own default cluster instead
 *   (pulumi-kubernetes provider.go, client-go default loading rules). The one throw inside an `apply` in this program.
 */
export function requireCluster(kubeconfig: string): string {
  if (!/^clusters:\s*\n\s*-/m.test(kubeconfig))
    throw new Error("the control plane returned a kubeconfig without a cluster; run pulumi up again");
  return kubeconfig;
}

/**
 * The kubeconfig with another address of its cluster, e.g. `https://192.0.2.10:6443`. It was fetched once and its keys stay
 * good; where the API is reached is what the stack config says. One that says so already stays as it is, byte for byte.
 */
export function withServer(kubeconfig: string, server: string): string {
  return kubeconfig.replace(/^(\s*server:[ \t]*)(\S+)/m, (line, before: string, found: string) =>
    URL.canParse(found) && isSameEndpoint(found, server) ? line : `${before}${server}`,
  );
}

/** Where a kubeconfig finds its cluster, e.g. `https://192.0.2.10:6443`; undefined when it does not say. */
export function serverOf(kubeconfig: string): string | undefined {
  return /^\s*server:[ \t]*(\S+)/m.exec(kubeconfig)?.[1];
}
