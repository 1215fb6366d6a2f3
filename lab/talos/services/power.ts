// Reboot, shutdown, reset, upgrade: the calls that start a sequence and answer with its actor id.
import { randomUUID } from "node:crypto";
import { StatusError } from "../errors.ts";
import { unary } from "../handler.ts";
import type { Handlers } from "../handler.ts";
import { resolveImage } from "../imageStore.ts";
import { checkedInstallation } from "../installer.ts";
import { reboot, reset, rollback, shutdown, upgrade } from "../lifecycle.ts";
import type { TalosMachine } from "../machine.ts";
import type { Installation } from "../machineRecord.ts";
import type { Message } from "../protos.ts";

/** Methods that take a machine down. */
export const powerHandlers: Handlers = {
  Reboot: unary((request, { machine }) => {
    const actorId = randomUUID();
    machine.log.write(`reboot via API received. actor id: ${actorId}`);
    reboot(machine, actorId, request["mode"] === "FORCE");
    return { actor_id: actorId };
  }),
  Rollback: unary((_request, { machine }) => {
    machine.log.write("rollback via API received");
    rollback(machine, randomUUID());
    return {};
  }),
  Shutdown: unary((_request, { machine }) => {
    const actorId = randomUUID();
    machine.log.write(`shutdown via API received. actor id: ${actorId}`);
    shutdown(machine, actorId);
    return { actor_id: actorId };
  }),
  Reset: unary((request, { machine }) => {
    const actorId = randomUUID();
    machine.log.write(`reset request received. actorID: ${actorId}`);
    const labels = labelsToWipe(machine, request);
    if (machine.has("resetRefused")) throw new Error('failed to reset: volume "STATE" is not located');
    // A real one says so much and no more, until its client gives up.
    if (machine.has("resetHangs")) return { actor_id: actorId };
    if (machine.has("offAtReset")) {
      machine.background(machine.losePower());
      return { actor_id: actorId };
    }
    reset(machine, actorId, {
      graceful: request["graceful"] === true,
      reboot: request["reboot"] === true,
      labels,
    });
    return { actor_id: actorId };
  }),
  Upgrade: unary(async (request, { machine }) => {
    const actorId = randomUUID();
    const image = String(request["image"]);
    machine.log.write(
      `upgrade request received: staged ${String(request["stage"])}, force ${String(request["force"])}`,
    );
    machine.log.write(`validating "${image}"`);
    const installation = await validInstaller(machine, image);
    if (machine.config?.type === "controlplane" && request["force"] !== true) await checkEtcd(machine);
    upgrade(machine, actorId, { installation, stage: request["stage"] === true });
    return { ack: "Upgrade request received", actor_id: actorId };
  }),
};

function labelsToWipe(machine: TalosMachine, request: Message): string[] {
  const specs = (request["system_partitions_to_wipe"] ?? []) as { label: string; wipe: boolean }[];
  const userDisks = (request["user_disks_to_wipe"] ?? []) as string[];
  if (specs.length > 0 && request["mode"] === "USER_DISKS")
    throw new Error(
      "reset failed: invalid input, wipe mode USER_DISKS doesn't support SystemPartitionsToWipe parameter",
    );
  if (userDisks.length > 0 && request["mode"] === "SYSTEM_DISK")
    throw new Error(
      "reset failed: invalid input, wipe mode SYSTEM_DISK doesn't support UserDisksToWipe parameter",
    );
  for (const device of userDisks) {
    if (!machine.disks.some(({ path }) => path === device))
      throw new Error(`reset user disk failed: device ${device} wasn't found`);
    if (machine.record.installed?.disk === device)
      throw new Error(`reset user disk failed: device ${device} is the system disk`);
  }
  for (const { label } of specs)
    if (!["STATE", "EPHEMERAL", "META", "EFI", "BOOT"].includes(label))
      throw new Error(
        `failed to get volume status with label "${label}": resource VolumeStatuses.block.talos.dev(runtime/${label}@undefined) doesn't exist`,
      );
  // Wiping user disks only leaves the system as it is.
  if (request["mode"] === "USER_DISKS") return ["USER"];
  return specs.filter(({ wipe }) => wipe).map(({ label }) => label);
}

async function validInstaller(machine: TalosMachine, image: string): Promise<Installation> {
  try {
    await resolveImage(machine, image);
    return checkedInstallation(machine, image, machine.record.installed?.disk ?? "");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`error validating installer image "${image}": ${reason}`, { cause: error });
  }
}

// Source: siderolabs/talos v1.12.0 internal/pkg/etcd/etcd.go, ValidateForUpgrade.
async function checkEtcd(machine: TalosMachine): Promise<void> {
  const fail = (reason: string): Error => new Error(`error validating etcd for upgrade: ${reason}`);
  const members = await machine.options.runtime.etcdMembers();
  if (members.length === 2)
    throw fail("etcd member count(2) is insufficient to maintain quorum if upgrade commences");
  for (const member of members) {
    const id = BigInt(member.id).toString(16).padStart(16, "0");
    if (member.hostname === "")
      throw fail(`etcd member ${id} is not started, all members must be running to perform an upgrade`);
    const peer = machine.options.peers.find(member.hostname);
    const unhealthy = `etcd member ${id} is not healthy; all members must be healthy to perform an upgrade`;
    if (!peer?.isUp) throw fail(`${unhealthy}: context deadline exceeded`);
    const status = await peer.options.runtime.etcdStatus().catch((error: unknown) => {
      throw fail(`${unhealthy}: ${error instanceof Error ? error.message : String(error)}`);
    });
    if (status.errors.length > 0)
      throw new StatusError("Unknown", fail(`${unhealthy}: ${status.errors.join(", ")}`).message);
  }
}
