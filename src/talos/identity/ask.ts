// Asks a machine who it is. The certificate that it answers with says that it is of this cluster, its host name which of its
// machines: Talos keeps the name in its config, so it goes wherever the machine goes, whatever address it gets.
import type { RunResult } from "../../steps/run.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Asking } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";
import { look, refusal } from "../machine/inspect.ts";
import { whyUnreachable } from "./whyUnreachable.ts";

/** A machine that has just booted sets its name within a second or two. */
const patienceSeconds = 20;

/**
 * What is at an address: a machine of this cluster, with its host name where it says it; one without a config; nobody, or not
 * now; or somebody whom nothing must be sent to, in the words of {@link refusal}.
 */
export type Answer =
  | { readonly is: "member"; readonly name: string | undefined }
  | { readonly is: "maintenance" }
  | { readonly is: "unreachable"; readonly why: string }
  | { readonly is: "other"; readonly error: StepError };

/** Asks the machine at an address, once. @param connectMs longest wait for a connection */
export async function ask(talosctl: Talosctl, machine: MachineRef, connectMs: number): Promise<Answer> {
  const why = await whyUnreachable(machine.address, connectMs);
  if (why !== undefined) return { is: "unreachable", why };
  // One question is enough for a machine that is well.
  const { name } = await hostname(talosctl, machine);
  if (name !== undefined) return { is: "member", name };
  const { found, probe } = await look(talosctl, machine);
  const error = refusal(found, machine, probe);
  if (error === undefined) return found === "maintenance" ? { is: found } : { is: "member", name };
  return found === "unreachable" ? { is: found, why: error.message } : { is: "other", error };
}

/**
 * Goes on only when the member at the machine's address is the machine itself. To be asked before anything is done to it
 * that cannot be taken back.
 * @throws StepError when it is another one, or does not say who it is
 */
export async function requireItself(
  { step, talosctl }: Asking,
  machine: MachineRef,
  todo: string,
): Promise<void> {
  const { name, address } = machine;
  const found = await step.waitFor(
    {
      what: `${name}: the machine at ${address} says who it is`,
      timeoutSeconds: patienceSeconds,
      todo: `nothing has been done to it; look at: talosctl get hostname -n ${address}; then run pulumi up again`,
    },
    async () => {
      const said = await hostname(talosctl, machine);
      if (said.name !== undefined) return done(said.name);
      return notYet(`${name}: does not say its name: ${reasonOf(said.result)}`);
    },
  );
  if (found !== name) throw new StepError(isAnother(machine, found), todo);
}

/** For messages. */
export function isAnother({ name, address }: MachineRef, found: string): string {
  return `${name}: the machine at ${address} says that it is ${found}; nothing has been done to it`;
}

/**
 * Host name of a member, e.g. `k8s-1`; undefined while it does not say it.
 * Source: Talos' HostnameStatus resource (siderolabs/talos v1.13 pkg/machinery/resources/network/hostname_status.go).
 */
export async function hostname(
  talosctl: Talosctl,
  { address }: MachineRef,
): Promise<{ readonly name: string | undefined; readonly result: RunResult }> {
  const result = await talosctl.run(address, ["get", "hostname", "-o", "yaml"]);
  return { name: /^ +hostname: "?([^\s"]+)"?$/m.exec(result.stdout)?.[1], result };
}
