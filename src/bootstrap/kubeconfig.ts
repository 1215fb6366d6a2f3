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
