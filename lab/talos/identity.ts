// With which certificates a machine's API shows itself, and whom it lets in.
import type { TalosMachine } from "./machine.ts";
import { issueServerCertificate, newAuthority, validFor } from "./pki.ts";
import type { KeyPair, Validity } from "./pki.ts";

/** Certificates of a listener. */
export interface ApiIdentity {
  readonly pair: KeyPair;
  /** PEM of the CAs clients must come from; undefined lets everybody in (maintenance mode). */
  readonly clientCAs: string | undefined;
}

const day = 24 * 3600 * 1000;

/**
 * The certificates that fit the machine now.
 * @param pause how a worker waits until a control plane can sign its certificate; ends the waiting by throwing
 */
export async function identityFor(machine: TalosMachine, pause: () => Promise<void>): Promise<ApiIdentity> {
  const { address, config } = machine;
  const validity = validityOf(machine);
  if (machine.has("foreign")) {
    // A member of some other cluster: a complete PKI that nobody here has ever seen.
    const authority = await newAuthority("talos");
    return { pair: await issueServerCertificate(authority, [address], validity), clientCAs: authority.cert };
  }
  if (!config) {
    const authority = await newAuthority("talos-maintenance");
    return { pair: await issueServerCertificate(authority, [address], validity), clientCAs: undefined };
  }
  let { machineCA } = config;
  while (machineCA.key === undefined) {
    const borrowed = machine.options.peers.authority(config.clusterId);
    // Same cluster id but another CA means a cluster that was made anew: its trustd would refuse this machine's token.
    if (borrowed?.crt === machineCA.crt) machineCA = borrowed;
    else await pause();
  }
  const names = [address, "127.0.0.1", config.hostname, ...config.certSANs];
  const pair = await issueServerCertificate(machineCA, [...new Set(names)], validity);
  return { pair, clientCAs: [config.machineCA.crt, ...config.acceptedCAs].join("\n") };
}

function validityOf(machine: TalosMachine): Validity {
  const now = Date.now();
  if (machine.has("certificatesExpired"))
    return { notBefore: new Date(now - 2 * day), notAfter: new Date(now - day) };
  if (machine.has("clockSkew")) return { notBefore: new Date(now + day), notAfter: new Date(now + 2 * day) };
  // Talos renews its 24-hour certificates while it runs; the lab makes one that lasts.
  return validFor(365);
}
