// kubeconfig and talosconfig of a running lab, for the user's shell. The lab makes them itself from what its machines
// run, so that they are there while an `up` is still on its way, and always fit.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { LabLayout } from "./layout.ts";
import type { MachineConfig } from "./talos/config.ts";
import { kubeconfigText } from "./talos/kubeconfig.ts";
import { issueClientCertificate } from "./talos/pki.ts";

/** Path of the lab's kubeconfig (0600). */
export function kubeconfigFile(layout: LabLayout): string {
  return join(layout.secrets, "kubeconfig");
}

/** Path of the lab's talosconfig (0600). */
export function talosconfigFile(layout: LabLayout): string {
  return join(layout.secrets, "talosconfig");
}

/**
 * Writes both for the cluster that this control plane's config describes.
 * @param controlPlanes addresses of the control planes, e.g. `["127.10.1.11"]`
 */
export async function writeAccess(
  layout: LabLayout,
  config: MachineConfig,
  controlPlanes: readonly string[],
): Promise<void> {
  writeFileSync(kubeconfigFile(layout), await kubeconfigText(config), { mode: 0o600 });
  writeFileSync(talosconfigFile(layout), await talosconfigText(layout.name, config, controlPlanes), {
    mode: 0o600,
  });
}

/** No machine has a config: what is there opens nothing. */
export function removeAccess(layout: LabLayout): void {
  for (const file of [kubeconfigFile(layout), talosconfigFile(layout)]) rmSync(file, { force: true });
}

async function talosconfigText(
  name: string,
  config: MachineConfig,
  controlPlanes: readonly string[],
): Promise<string> {
  const yearMs = 365 * 24 * 3600 * 1000;
  const admin = await issueClientCertificate(
    config.machineCA,
    { commonName: "", organization: "os:admin" },
    { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + yearMs) },
  );
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const context = {
    endpoints: controlPlanes,
    nodes: controlPlanes.slice(0, 1),
    ca: base64(config.machineCA.crt),
    crt: base64(admin.cert),
    key: base64(admin.key),
  };
  return stringify({ context: name, contexts: { [name]: context } }, { lineWidth: 0 });
}
