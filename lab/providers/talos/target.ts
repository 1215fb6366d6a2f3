// From a resource's properties to the machine they mean, and the time it may take.
import { parseDuration } from "../shared/duration.ts";
import type { CheckProblem } from "../shared/spec.ts";
import type { Properties } from "../shared/values.ts";
import { isObject } from "../shared/values.ts";
import type { Machine } from "./machine.ts";
import { endpointOf, timeoutText } from "./specs.ts";

/** The provider's limit when nobody sets another. */
const defaultTimeoutMs = 600_000;

/** The machine that a resource's (known) properties name. */
export function machineOf(properties: Properties): Machine {
  const client = isObject(properties["clientConfiguration"]) ? properties["clientConfiguration"] : {};
  const text = (name: string): string => String(client[name] ?? "");
  return {
    node: String(properties["node"]),
    endpoint: String(endpointOf(properties)),
    client: {
      caCertificate: text("caCertificate"),
      clientCertificate: text("clientCertificate"),
      clientKey: text("clientKey"),
    },
  };
}

/** The time limit: the resource's own `timeouts`, else 10 minutes. The engine's customTimeouts do nothing. */
export function timeoutOf(properties: Properties, kind: "create" | "update" | "delete"): number {
  const own = timeoutText(properties["timeouts"], kind);
  return own === undefined ? defaultTimeoutMs : parseDuration(own);
}

/** Whether somebody left an input out. */
export function isAbsent(inputs: Properties, name: string): boolean {
  return (inputs[name] ?? null) === null && (inputs[`${name}Wo`] ?? null) === null;
}

/** @throws Error in the provider's words without a client configuration */
export function requireClient(inputs: Properties): void {
  if (isAbsent(inputs, "clientConfiguration"))
    throw new Error(
      "Missing client configuration: Exactly one of client_configuration or client_configuration_wo must be set",
    );
}

/** Checks that `timeouts` holds Go durations. */
export function timeoutProblems(inputs: Properties): CheckProblem[] {
  return ["create", "update", "delete"].flatMap((kind) => {
    const text = timeoutText(inputs["timeouts"], kind);
    if (text === undefined) return [];
    try {
      parseDuration(text);
      return [];
    } catch (error) {
      return [{ property: `timeouts.${kind}`, reason: (error as Error).message }];
    }
  });
}

/** Puts the operation's name in front of an error, as the bridge prints diagnostics. */
export async function diagnosed<T>(summary: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw new Error(`${summary}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  });
}
