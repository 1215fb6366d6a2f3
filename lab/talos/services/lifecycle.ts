// Upgrading as clients do from Talos 1.13 on: pull, install, reboot are three calls. This is the second; it changes nothing
// that runs, and unlike the old call neither etcd is asked nor the node drained.
// Source: siderolabs/talos v1.13.9 internal/app/lifecycle
import { rpcErrorText, StatusError } from "../errors.ts";
import { stream } from "../handler.ts";
import type { Handlers } from "../handler.ts";
import { hasImage, storeOf } from "../imageStore.ts";
import { checkedInstallation, runInstaller } from "../installer.ts";
import type { TalosMachine } from "../machine.ts";
import type { Installation } from "../machineRecord.ts";
import type { Message } from "../protos.ts";
import { queue } from "../queue.ts";

/** The lifecycle service. */
export const lifecycleHandlers: Handlers = {
  Upgrade: stream(async function* (request, { machine, signal }) {
    const installation = wantedInstallation(machine, request);
    const output = queue<Message>(signal);
    const run = async (): Promise<void> => {
      const code = await runInstaller(machine, installation, (line) => {
        output.push({ message: `${line}\n` });
      });
      output.push({ exit_code: code });
    };
    // It goes on when the client is gone.
    machine.background(run());
    for await (const progress of output.items) {
      yield { progress };
      if ("exit_code" in progress) return;
    }
  }),
};

function wantedInstallation(machine: TalosMachine, request: Message): Installation {
  if (machine.installerRuns || machine.state === "upgrading")
    throw new StatusError("FailedPrecondition", "another installation/upgrade is already in progress");
  const { installed } = machine.record;
  if (!installed) throw new StatusError("FailedPrecondition", "machine is not installed");
  const source = request["source"] as { image_name: string } | null;
  const image = source?.image_name ?? "";
  if (image === "") throw new StatusError("InvalidArgument", "installer image name is required");
  machine.log.write(`starting upgrade: installer image ${image}, disk ${installed.disk}`);
  try {
    if (!hasImage(machine, storeOf(request["containerd"] as Message | null), image))
      throw new Error(
        `installer image "${image}" not found in containerd store: image "${image}": not found`,
      );
    return checkedInstallation(machine, image, installed.disk);
  } catch (error) {
    const reason = error instanceof StatusError ? rpcErrorText(error) : (error as Error).message;
    throw new StatusError("Internal", `upgrade failed: ${reason}`);
  }
}
