// Asks a machine who it is, once.
import type { StepError } from "../../steps/stepError.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import { look, refusal, type Machine } from "../machine/inspect.ts";
import { memberName } from "./memberName.ts";
import { whyUnreachable } from "./whyUnreachable.ts";

/** What is at an address. */
export type Answer =
  /** A machine of this cluster, with its host name where it says it. */
  | { readonly is: "member"; readonly name: string | undefined }
  /** A machine without a config. */
  | { readonly is: "maintenance" }
  /** Nobody, or not now. */
  | { readonly is: "unreachable"; readonly why: string }
  /** Somebody whom nothing must be sent to, in the words of {@link refusal}. */
  | { readonly is: "other"; readonly error: StepError };

/**
 * Asks the machine at an address.
 * @param connectMs longest wait for a connection
 */
export async function ask(talosctl: Talosctl, machine: Machine, connectMs: number): Promise<Answer> {
  const why = await whyUnreachable(machine.address, connectMs);
  if (why !== undefined) return { is: "unreachable", why };
  // One question is enough for a machine that is well.
  const name = await memberName(talosctl, machine);
  if (name !== undefined) return { is: "member", name };
  const { found, probe } = await look(talosctl, machine);
  const error = refusal(found, machine, probe);
  if (found === "unreachable") return { is: "unreachable", why: error?.message ?? "no answer" };
  if (error !== undefined) return { is: "other", error };
  return found === "maintenance" ? { is: "maintenance" } : { is: "member", name: undefined };
}
