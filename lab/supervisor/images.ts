// Which images the machines find on the lab's Internet. They come from nowhere: a machine has no container runtime that
// would need their content, only whether a reference exists, and whether its registry can be reached, is as outside.
import type { Services } from "../services.ts";
import { published } from "../settings.ts";

/** Its installers do not come from the registry. */
const factoryHost = "factory.talos.dev";
const kubernetes = /^(?:registry\.k8s\.io\/kube-[a-z-]+|ghcr\.io\/siderolabs\/kubelet):(v\S+)$/;

/** @throws Error in containerd's words when a machine could not pull the image */
export function checkImage(services: Pick<Services, "faults" | "factory">, image: string): Promise<void> {
  const host = image.split("/")[0] ?? "";
  const [, version] = kubernetes.exec(image) ?? [];
  const faults = services.faults();
  if (faults.includes("internet-down") || faults.includes(`host-down:${host}`))
    return fail(`failed to resolve reference "${image}": dial tcp: connect: connection refused`);
  if (faults.includes("registry-down") && host !== factoryHost)
    return fail(
      `failed to resolve reference "${image}": unexpected status from HEAD request to https://${host}/v2/: 503 Service Unavailable`,
    );
  const missing = faults.some(
    (fault) => fault.startsWith("image-missing:") && image.includes(fault.slice("image-missing:".length)),
  );
  const exists =
    !missing &&
    (version === undefined
      ? host !== factoryHost || services.factory.hasInstaller(image)
      : published.kubernetes.some((known) => known === version));
  return exists ? Promise.resolve() : fail(`failed to resolve reference "${image}": ${image}: not found`);
}

function fail(reason: string): Promise<never> {
  return Promise.reject(new Error(reason));
}
