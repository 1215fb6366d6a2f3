// What a Helm repository says about a chart, asked before anything is touched that would have to wait for it.
// Source of the file's form: helm.sh/docs/topics/chart_repository.
import { parse } from "yaml";
import { minorOf, plainVersion } from "../versions/version.ts";
import { causeOf, StepError } from "./stepError.ts";

const timeoutMs = 60_000;

/** A chart in one version, as an index.yaml has it. */
interface ChartEntry {
  /** e.g. `1.20.1`; some repositories write a v before it. */
  readonly version?: string;
  /** Where its archive lies, absolute or relative to the repository. */
  readonly urls?: readonly string[];
  /** SHA-256 of the archive, hex; not every repository says it. */
  readonly digest?: string;
}

/** What is asked for, e.g. `cilium` in version `1.20.1` (without a leading v) of `https://helm.cilium.io/`. */
export interface WantedChart {
  readonly repository: string;
  readonly chart: string;
  readonly version: string;
}

/** Finds a chart. @throws StepError naming the versions near it, or why the repository cannot be asked */
export async function findChart(
  { repository, chart, version }: WantedChart,
  signal: AbortSignal,
): Promise<ChartEntry> {
  const index = parse((await download(new URL("index.yaml", repository), signal)).toString()) as {
    readonly entries?: Readonly<Record<string, readonly ChartEntry[] | undefined>>;
  } | null;
  // An index holds other charts too, and a dependency of a chart has a `version` as well.
  const entries = index?.entries?.[chart] ?? [];
  const versions = entries.map((entry) => plainVersion(entry.version ?? ""));
  const found = entries[versions.indexOf(version)];
  if (found !== undefined) return found;
  const minor = minorOf(version) ?? version;
  const near = versions.filter((one) => minorOf(one) === minor);
  const has = near.length === 0 ? `nothing of ${minor}` : `of ${minor} it has ${near.slice(0, 5).join(", ")}`;
  throw new StepError(
    `${repository} has no version ${version} of ${chart}; ${has}`,
    "no machine has been touched; correct versions.cilium in the stack config, then run pulumi up again",
  );
}

/** Downloads a file of a Helm repository. @throws StepError when it cannot be read */
export async function download(url: URL, signal: AbortSignal): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new StepError(
      `${url.href} cannot be read: ${causeOf(error)}`,
      "no machine has been touched; check the way to the Internet, then run pulumi up again",
    );
  }
}
