// What upgrades need of the talosctl on this computer: that it is new enough, that it pulls images, and why it failed.
import type { RunResult } from "../../steps/run.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, unframed, type Talosctl } from "../../steps/talosctl.ts";
import { newestKubernetesFor, oldestTalosFor } from "../../versions/skew.ts";
import { compareMinors, minorOf } from "../../versions/version.ts";
import type { Asking } from "../clusterView.ts";
import { pullSeconds, type MachineRef } from "../contracts.ts";

/** From this minor on talosctl pulls, installs, drains and reboots by itself, and can be told not to drain. */
const lifecycleMinor = "1.13";

/**
 * talosctl must be no older than what it is to bring: it carries the checks and the manifests of the versions it knows.
 * @param wanted e.g. `v1.13.9` and `v1.36.3`
 * @throws StepError when it is too old for one of them
 */
export async function refuseOldClient(
  talosctl: Talosctl,
  wanted: { readonly talos: string; readonly kubernetes: string },
): Promise<void> {
  const client = await talosctl.clientVersion();
  const newest = newestKubernetesFor(client) ?? "";
  const refuse = (what: string, needed: string): never => {
    const todo = `install talosctl ${needed} on this computer, then run pulumi up again; no machine has been touched`;
    throw new StepError(`talosctl ${client} ${what}`, todo);
  };
  if (compareMinors(client, wanted.talos) < 0)
    refuse(`is older than Talos ${wanted.talos}`, `v${minorOf(wanted.talos) ?? ""}`);
  if (compareMinors(newest, wanted.kubernetes) < 0)
    refuse(
      `upgrades Kubernetes up to v${newest}, not to ${wanted.kubernetes}`,
      `v${oldestTalosFor(wanted.kubernetes) ?? ""} or newer`,
    );
}

/** Words for `talosctl upgrade` that keep it from draining: the step has done that, and stops where talosctl would not. */
export async function withoutDrain(talosctl: Talosctl): Promise<readonly string[]> {
  const own = minorOf(await talosctl.clientVersion());
  return own !== undefined && compareMinors(own, lifecycleMinor) >= 0 ? ["--drain=false"] : [];
}

/**
 * Pulls images to a machine before any is touched: one that cannot get an image would find out when it is drained already.
 * @param namespace of containerd: `system` for what Talos runs, `cri` for what Kubernetes runs
 * @throws StepError naming machine and image
 */
export async function prePull(
  { step, talosctl }: Asking,
  { name, address }: MachineRef,
  images: readonly string[],
  namespace: "system" | "cri",
): Promise<void> {
  for (const image of images) {
    const args = ["image", "pull", "--namespace", namespace, image];
    const result = await talosctl.run(address, args, pullSeconds);
    if (result.code !== 0)
      throw new StepError(
        `${name} cannot pull ${image}: ${pullReason(reasonOf(result), image)}`,
        "no machine has been touched; check that this version exists and that the registry answers, then run pulumi up again",
      );
    step.say(`${name}: has ${image}`);
  }
}

/** A container runtime names the image in every layer of its message. */
function pullReason(reason: string, image: string): string {
  if (reason.endsWith(`${image}: not found`)) return "its registry does not have it";
  return reason.replaceAll(/failed to (pull image|resolve reference) "[^"]*": /g, "");
}

/** Why `talosctl upgrade` failed: the reason of Talos' sequence, as talosctl heard it; its own words where it heard nothing. */
export function failureOf(result: RunResult): string {
  const sequence = /sequence error: ([^\n]+)/.exec(result.stderr)?.[1];
  if (sequence !== undefined) return `the installer failed: ${unframed(sequence)}`;
  const said =
    /^.*\bcode = \w+ desc = .*$/m.exec(result.stderr)?.[0] ?? /error: ([^\n]+)/.exec(result.stderr)?.[1];
  return `talosctl upgrade failed: ${said === undefined ? reasonOf(result) : unframed(said)}`;
}
