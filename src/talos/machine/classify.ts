// What a machine is, judged by how its Talos API answers two questions: one with this cluster's client certificate, one
// without any.
import type { RunResult } from "../../steps/run.ts";

/** What a machine is to this cluster. */
export type MachineClass =
  /** Booted from the Talos image, not installed or wiped; waits for a config. */
  | "maintenance"
  /** Runs with this cluster's certificates. */
  | "member"
  /** Runs Talos with another cluster's certificates. */
  | "foreign"
  /** Its certificates do not hold now: a clock is wrong. */
  | "clock"
  /** Nobody answers. */
  | "unreachable"
  /** Somebody answers who does not speak the Talos API. */
  | "stranger";

/** The answers of `talosctl version` with this cluster's client certificate, and with `--insecure`. */
export interface Probe {
  readonly trusted: RunResult;
  readonly insecure: RunResult;
}

/** Classifies a machine by how it answered. */
export function classify({ trusted, insecure }: Probe): MachineClass {
  if (answered(trusted)) return "member";
  // Only maintenance mode serves callers without a certificate. Talos 1.11 and older answer `version` there with
  // Unimplemented, which is an answer all the same.
  if (answered(insecure) || /Unimplemented|not implemented in maintenance/i.test(insecure.stderr))
    return "maintenance";
  if (/expired or is not yet valid|certificate has expired/i.test(`${trusted.stderr}${insecure.stderr}`))
    return "clock";
  if (
    /certificate required|unknown authority|bad certificate|unknown certificate|PermissionDenied/i.test(
      `${trusted.stderr}${insecure.stderr}`,
    )
  )
    return "foreign";
  if (
    /first record does not look like a TLS handshake|malformed HTTP|unexpected content-type|missing selected ALPN/i.test(
      `${trusted.stderr}${insecure.stderr}`,
    )
  )
    return "stranger";
  return "unreachable";
}

/** Version of Talos in the output of `talosctl version`, e.g. `v1.12.0`; undefined when the server part is missing. */
export function serverVersion(output: string): string | undefined {
  const server = output.split(/^Server:/m)[1];
  return server === undefined ? undefined : /Tag:\s+(v\S+)/.exec(server)?.[1];
}

function answered(result: RunResult): boolean {
  return result.code === 0 && serverVersion(result.stdout) !== undefined;
}
