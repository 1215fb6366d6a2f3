// Whether a Helm repository has a chart in a version, asked before anything is touched that would have to wait for it.
import { StepError } from "./stepError.ts";

const timeoutMs = 60_000;

/**
 * @param repository e.g. `https://helm.cilium.io/`
 * @param version without a leading v, e.g. `1.20.1`
 * @throws StepError naming the versions near it, or why the repository cannot be asked
 */
export async function requireChart(repository: string, version: string, signal: AbortSignal): Promise<void> {
  const url = new URL("index.yaml", repository);
  const index = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
    .then(async (response) => {
      if (!response.ok) throw new Error(`HTTP ${String(response.status)}`);
      return response.text();
    })
    .catch((error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new StepError(
        `${url.href} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        "no machine has been touched; check the way to the Internet, then run pulumi up again",
      );
    });
  // The file of a chart with a long history has megabytes; its versions are all that matters.
  const versions = [...index.matchAll(/^\s+version: ["']?v?([\w.+-]+)["']?\s*$/gm)].map(
    ([, found]) => found ?? "",
  );
  if (versions.includes(version)) return;
  const minor = version.split(".").slice(0, 2).join(".");
  const near = versions.filter((found) => found.startsWith(`${minor}.`)).slice(0, 5);
  throw new StepError(
    `${repository} has no version ${version}; ${near.length === 0 ? `nothing of ${minor}` : `of ${minor} it has ${near.join(", ")}`}`,
    "no machine has been touched; correct versions.cilium in the stack config, then run pulumi up again",
  );
}
