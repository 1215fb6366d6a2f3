// The environment of programs that shall find the lab's Internet.
import { join } from "node:path";
import { ports, type LabLayout } from "../layout.ts";

/**
 * Variables for a program that goes through the lab's proxy: Flux's controllers, the engine and its plugins, talosctl,
 * helm, crane. Not for a user's shell, where they would break npm, go and git. Upper case only: grpc-js obeys the
 * lower-case ones, even for loopback.
 */
export function proxyEnvironment(layout: LabLayout): Readonly<Record<string, string>> {
  const proxy = `http://${layout.servicesAddress}:${String(ports.proxy)}`;
  const net = layout.cidr.replace(/\.0\/24$/, "");
  return {
    HTTPS_PROXY: proxy,
    HTTP_PROXY: proxy,
    // Go leaves loopback alone by itself and understands networks; Node knows addresses and ranges, no networks.
    NO_PROXY: ["localhost", "127.0.0.1", "::1", "127.0.0.0/8", `${net}.0-${net}.255`].join(","),
    SSL_CERT_FILE: join(layout.proxyRoot, "bundle.crt"),
    NODE_EXTRA_CA_CERTS: join(layout.proxyRoot, "ca.crt"),
    NODE_USE_ENV_PROXY: "1",
  };
}
