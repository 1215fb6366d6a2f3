// The images that a machine has pulled. They stay until EPHEMERAL is wiped.
import { StatusError } from "./errors.ts";
import type { TalosMachine } from "./machine.ts";
import type { Message } from "./protos.ts";

/**
 * Looks an image up in its registry.
 * @throws Error in containerd's words when the registry does not have it
 */
export async function resolveImage(machine: TalosMachine, image: string): Promise<void> {
  try {
    await machine.options.checkImage?.(image);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`1 error(s) occurred:\n\tfailed to pull image "${image}": ${reason}`, { cause: error });
  }
}

/**
 * The containerd and the namespace there that a request means, e.g. `CRI NS_SYSTEM`.
 * Source: siderolabs/talos v1.13.9 internal/app/internal/ctrhelper/ctrhelper.go
 * @throws StatusError InvalidArgument for one that does not exist
 */
export function storeOf(containerd: Message | null): string {
  const driver = String(containerd?.["driver"] ?? "CONTAINERD");
  const namespace = String(containerd?.["namespace"] ?? "NS_UNKNOWN");
  if (!["CONTAINERD", "CRI"].includes(driver))
    throw new StatusError("InvalidArgument", `invalid containerd driver ${driver}`);
  if (!["NS_CRI", "NS_SYSTEM"].includes(namespace))
    throw new StatusError("InvalidArgument", `invalid containerd namespace ${namespace}`);
  if (driver === "CONTAINERD" && namespace === "NS_CRI")
    throw new StatusError("InvalidArgument", "cannot use CRI namespace with containerd driver");
  return `${driver} ${namespace}`;
}

/**
 * The name under which containerd keeps an image: of a tag and a digest only the digest stays. `talosctl upgrade` asks for
 * the name as it was given, so that `…:v1.13.1@sha256:…` can be pulled but not installed.
 */
export function storedName(image: string): string {
  return image.replace(/:[^:/@]+@/, "@");
}

/** Has a store an image of exactly this name? */
export function hasImage(machine: TalosMachine, store: string, name: string): boolean {
  return machine.record.pulled.includes(`${store} ${name}`);
}

/** Keeps a pulled image. */
export function storeImage(machine: TalosMachine, store: string, name: string): void {
  if (!hasImage(machine, store, name))
    machine.remember({ pulled: [...machine.record.pulled, `${store} ${name}`] });
}
