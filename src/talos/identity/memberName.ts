// Who a machine says it is. The certificate that it answers with says that it is of this cluster, its host name which of its
// machines: Talos keeps the name in its config, so it goes wherever the machine goes, whatever address it gets.
import { StepError } from "../../steps/stepError.ts";
import type { Step } from "../../steps/step.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Machine } from "../machine/inspect.ts";

/** A machine that has just booted sets its name within a second or two. */
const patienceSeconds = 20;

/**
 * Host name of a member, e.g. `k8s-1`; undefined while it does not say it.
 * Source: Talos' HostnameStatus resource (siderolabs/talos v1.13 pkg/machinery/resources/network/hostname_status.go).
 */
export async function memberName(talosctl: Talosctl, { address }: Machine): Promise<string | undefined> {
  const { stdout } = await talosctl.run(address, ["get", "hostname", "-o", "yaml"]);
  return hostnameIn(stdout);
}

/** The name in what `talosctl get hostname -o yaml` prints. */
function hostnameIn(output: string): string | undefined {
  return /^ +hostname: "?([^\s"]+)"?$/m.exec(output)?.[1];
}

/**
 * Goes on only when the member at the machine's address is the machine itself. To be asked before anything is done to it
 * that cannot be taken back.
 * @throws StepError when it is another one, or does not say who it is
 */
export async function requireItself(
  step: Step,
  talosctl: Talosctl,
  machine: Machine,
  todo: string,
): Promise<void> {
  const name = await step.waitFor(
    {
      what: `${machine.name}: the machine at ${machine.address} says who it is`,
      timeoutSeconds: patienceSeconds,
      todo: `nothing has been done to it; look at: talosctl get hostname -n ${machine.address}; then run pulumi up again`,
    },
    async () => {
      const result = await talosctl.run(machine.address, ["get", "hostname", "-o", "yaml"]);
      const found = hostnameIn(result.stdout);
      return found === undefined
        ? notYet(`${machine.name}: does not say its name: ${reasonOf(result)}`)
        : done(found);
    },
  );
  if (name !== machine.name) throw new StepError(isAnother(machine, name), todo);
}

/** For messages. */
export function isAnother({ name, address }: Machine, found: string): string {
  return `${name}: the machine at ${address} says that it is ${found}; nothing has been done to it`;
}
