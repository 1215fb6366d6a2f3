// Pulling images to machines before any of them is touched: one that cannot get an image would find out when it is drained
// already.
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "./inspect.ts";
import { pullSeconds } from "../contracts.ts";

/**
 * Pulls images to a machine.
 * @param namespace of containerd: `system` for what Talos runs, `cri` for what Kubernetes runs
 * @throws StepError naming machine and image
 */
export async function prePull(
  step: Step,
  talosctl: Talosctl,
  machine: Machine,
  images: readonly string[],
  namespace: "system" | "cri",
): Promise<void> {
  for (const image of images) {
    const result = await talosctl.run(
      machine.address,
      ["image", "pull", "--namespace", namespace, image],
      pullSeconds,
    );
    if (result.code !== 0)
      throw new StepError(
        `${machine.name} cannot pull ${image}: ${shortReason(reasonOf(result), image)}`,
        "no machine has been touched; check that this version exists and that the registry answers, then run pulumi up again",
      );
    step.say(`${machine.name}: has ${image}`);
  }
}

/** A container runtime names the image in every layer of its message. */
function shortReason(reason: string, image: string): string {
  if (reason.endsWith(`${image}: not found`)) return "its registry does not have it";
  return reason.replaceAll(/failed to (pull image|resolve reference) "[^"]*": /g, "");
}
