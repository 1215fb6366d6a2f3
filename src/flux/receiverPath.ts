// Where the Receiver `github` of the tree takes deliveries.
import { createHash } from "node:crypto";

/** The Receiver in the tree. Its path changes with its name. */
const receiver = { name: "github", namespace: "flux-system" } as const;

/**
 * Path at which notification-controller takes deliveries, e.g. `/hook/3f1c…`. Who knows it and nothing else can make the
 * controller work, so it is as secret as the token.
 * Source: fluxcd/notification-controller api v1.9.3 v1/receiver_types.go GetWebhookPath.
 */
export function receiverPath(token: string): string {
  const { name, namespace } = receiver;
  return `/hook/${createHash("sha256").update(`${token}${name}${namespace}`).digest("hex")}`;
}
