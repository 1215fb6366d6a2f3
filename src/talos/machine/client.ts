// The talosctl on this computer, which must be no older than what it is to bring: it carries the checks and the manifests
// of the versions it knows.
import { StepError } from "../../steps/stepError.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import { newestKubernetesFor, oldestTalosFor } from "../../versions/skew.ts";
import { compareMinors, minorOf } from "../../versions/version.ts";

/** From this minor on talosctl pulls, installs, drains and reboots by itself, and can be told not to drain. */
const lifecycleMinor = "1.13";

/**
 * @param wanted versions that talosctl is to bring, e.g. `v1.13.9` and `v1.36.3`
 * @throws StepError when it is too old for one of them
 */
export async function refuseOldClient(
  talosctl: Talosctl,
  wanted: { readonly talos: string; readonly kubernetes: string },
): Promise<void> {
  const client = await talosctl.clientVersion();
  const newest = newestKubernetesFor(client) ?? "";
  const todo = (minor: string): string =>
    `install talosctl ${minor} on this computer, then run pulumi up again; no machine has been touched`;
  if (compareMinors(client, wanted.talos) < 0)
    throw new StepError(
      `talosctl ${client} is older than Talos ${wanted.talos}`,
      todo(`v${minorOf(wanted.talos) ?? ""}`),
    );
  if (compareMinors(newest, wanted.kubernetes) < 0)
    throw new StepError(
      `talosctl ${client} upgrades Kubernetes up to v${newest}, not to ${wanted.kubernetes}`,
      todo(`v${oldestTalosFor(wanted.kubernetes) ?? ""} or newer`),
    );
}

/** Words for `talosctl upgrade` that keep it from draining: the step has done that, and stops where talosctl would not. */
export async function withoutDrain(talosctl: Talosctl): Promise<readonly string[]> {
  const own = await talosctl.clientVersion();
  return minorOf(own) !== undefined && compareMinors(own, lifecycleMinor) >= 0 ? ["--drain=false"] : [];
}
