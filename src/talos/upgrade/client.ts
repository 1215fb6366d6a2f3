// The talosctl on this computer, which must be no older than what it is to bring: it carries the checks and the manifests
// of the versions it knows.
import { compareMinors, minorOf, minorText } from "../../config/version.ts";
import { StepError } from "../../steps/stepError.ts";
import type { Talosctl } from "../../steps/talosctl.ts";

/** Minors of Kubernetes that talosctl 1.N is ahead: it upgrades up to 1.(N+23). Source: siderolabs/talos compatibility. */
const ahead = 23;

/** From this minor on talosctl pulls, installs, drains and reboots by itself, and can be told not to drain. */
const lifecycleMinor = 13;

/**
 * @param wanted versions that talosctl is to bring, e.g. `v1.13.9` and `v1.36.3`
 * @throws StepError when it is too old for one of them
 */
export async function refuseOldClient(
  talosctl: Talosctl,
  wanted: { readonly talos: string; readonly kubernetes: string },
): Promise<void> {
  const client = await talosctl.clientVersion();
  const [own, talos, kubernetes] = [client, wanted.talos, wanted.kubernetes].map(minorOf);
  if (own === undefined || talos === undefined || kubernetes === undefined) return;
  const todo = (minor: string): string =>
    `install talosctl ${minor} on this computer, then run pulumi up again; no machine has been touched`;
  if (compareMinors(own, talos) < 0)
    throw new StepError(
      `talosctl ${client} is older than Talos ${wanted.talos}`,
      todo(`v${minorText(talos)}`),
    );
  if (own.minor + ahead < kubernetes.minor)
    throw new StepError(
      `talosctl ${client} upgrades Kubernetes up to v1.${String(own.minor + ahead)}, not to ${wanted.kubernetes}`,
      todo(`v1.${String(kubernetes.minor - ahead)} or newer`),
    );
}

/** Words for `talosctl upgrade` that keep it from draining: the step has done that, and stops where talosctl would not. */
export async function withoutDrain(talosctl: Talosctl): Promise<readonly string[]> {
  const own = minorOf(await talosctl.clientVersion());
  return own !== undefined && own.minor >= lifecycleMinor ? ["--drain=false"] : [];
}
