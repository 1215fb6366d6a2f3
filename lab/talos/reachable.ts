// Which machine one reaches under an address or name, and in whose words it fails.
import { isIP } from "node:net";
import { StatusError } from "./errors.ts";
import type { TalosMachine } from "./machine.ts";

/**
 * The machine that another one reaches under an address or name.
 * @throws StatusError Unavailable, with the reason as Go's gRPC words it
 */
export function reachable(from: TalosMachine, target: string): TalosMachine {
  refuseInvalid(target);
  const peer = from.options.peers.find(target);
  const unreachable = (reason: string): StatusError =>
    new StatusError("Unavailable", `connection error: desc = "transport: ${reason}"`);
  // Talos: the name server's words follow, which differ from one to the next.
  if (!peer && isIP(target) === 0)
    throw new StatusError("Unavailable", `dns: A record lookup error: lookup ${target}: no such host`);
  if (!peer)
    throw unreachable(
      `Error while dialing: dial tcp ${target}:50000: ${sameNetwork(from.address, target) ? "connect: no route to host" : "i/o timeout"}`,
    );
  if (!peer.isUp)
    throw unreachable(`Error while dialing: dial tcp ${peer.address}:50000: connect: connection refused`);
  const sameCA = peer.config?.machineCA.crt === from.config?.machineCA.crt && !peer.has("foreign");
  if (!sameCA)
    throw unreachable(
      "authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority",
    );
  if (peer.has("certificatesExpired") || peer.has("clockSkew"))
    throw unreachable(
      "authentication handshake failed: tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
    );
  return peer;
}

/** @throws StatusError for what is no target at all */
export function refuseInvalid(target: string): void {
  if (target === "" || /:\d+$/.test(target)) throw new StatusError("Internal", `invalid target "${target}"`);
}

/** Machines of one network find out that nobody has an address; routers only let time pass. */
function sameNetwork(one: string, other: string): boolean {
  return one.split(".").slice(0, 3).join(".") === other.split(".").slice(0, 3).join(".");
}
