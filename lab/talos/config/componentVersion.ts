// The version of a control plane program's config: the resource has it, and the static pod's annotation
// `talos.dev/config-version` repeats it, so that `talosctl upgrade-k8s` sees when the pod is the new one. On Talos it
// counts up; here it follows from the content, so that both sides come to the same without asking each other.
import { createHash } from "node:crypto";
import type { ComponentImage } from "../config.ts";

/** A whole number in decimal digits. */
export function componentVersion(component: ComponentImage): string {
  const hash = createHash("sha256").update(JSON.stringify(component)).digest("hex");
  return BigInt(`0x${hash.slice(0, 12)}`).toString();
}
