import type * as talos from "@pulumiverse/talos";
import { stringify } from "yaml";

/**
 * The talosconfig of a cluster: what `talosctl` reads to reach its machines.
 *
 * @param endpoints addresses of the control planes, which forward to all other machines
 * @param nodes addresses that a command without `--nodes` means
 */
export function talosconfig(
  clusterName: string,
  endpoints: readonly string[],
  nodes: readonly string[],
  client: talos.types.output.machine.ClientConfiguration,
): string {
  return stringify({
    context: clusterName,
    contexts: {
      [clusterName]: {
        endpoints,
        nodes,
        ca: client.caCertificate,
        crt: client.clientCertificate,
        key: client.clientKey,
      },
    },
  });
}
