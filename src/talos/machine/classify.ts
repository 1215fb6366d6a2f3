// What a machine is, judged by how its Talos API answers two questions: one with this cluster's client certificate, one
// without any.
import type { RunResult } from "../../steps/run.ts";

/**
 * What a machine is to this cluster: one that waits for a config (booted from the image, or wiped), one that runs with this
 * cluster's certificates, one that runs Talos with another's, one whose certificates do not hold now because a clock is wrong,
 * somebody who does not speak the Talos API, or nobody.
 */
export type MachineClass = "maintenance" | "member" | "foreign" | "clock" | "stranger" | "unreachable";

/** The answers of `talosctl version` with this cluster's client certificate, and with `--insecure`. */
export interface Probe {
  readonly trusted: RunResult;
  readonly insecure: RunResult;
}

/** What is said where neither is answered, in the order in which it counts. */
const signs = [
  ["clock", /expired or is not yet valid|certificate has expired/i],
  ["foreign", /certificate required|unknown authority|bad certificate|unknown certificate|PermissionDenied/i],
  [
    "stranger",
    /first record does not look like a TLS handshake|malformed HTTP|unexpected content-type|missing selected ALPN/i,
  ],
] as const;

/** Classifies a machine by how it answered. */
export function classify({ trusted, insecure }: Probe): MachineClass {
  if (answered(trusted)) return "member";
  // Only maintenance mode serves callers without a certificate. Talos 1.11 and older answer `version` there with
  // Unimplemented, which is an answer all the same.
  if (answered(insecure) || /Unimplemented|not implemented in maintenance/i.test(insecure.stderr))
    return "maintenance";
  const said = `${trusted.stderr}${insecure.stderr}`;
  return signs.find(([, sign]) => sign.test(said))?.[0] ?? "unreachable";
}

/** Version of Talos in the output of `talosctl version`, e.g. `v1.12.0`; undefined when the server part is missing. */
export function serverVersion(output: string): string | undefined {
  return /^Server:[^]*?Tag:\s+(v\S+)/m.exec(output)?.[1];
}

function answered({ code, stdout }: RunResult): boolean {
  return code === 0 && serverVersion(stdout) !== undefined;
}
