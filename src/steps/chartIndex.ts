// What a Helm repository says about a chart, asked before anything is touched that would have to wait for it.
// Source of the file's form: helm.sh/docs/topics/chart_repository.
import { parse } from "yaml";
import { minorOf, plainVersion } from "../versions/version.ts";
import { causeOf, StepError } from "./stepError.ts";

const timeoutMs = 60_000;

/** A chart in one version, as an index.yaml has it. */
export interface ChartEntry {
  /** e.g. `1.20.1`; some repositories write a v before it. */
  readonly version: string;
  /** Where its archive lies, absolute or relative to the repository. */
  readonly urls: readonly string[];
  /** SHA-256 of the archive, hex; not every repository says it. */
  readonly digest?: string;
}

/** What is asked for. */
export interface WantedChart {
  /** e.g. `https://helm.cilium.io/` */
  readonly repository: string;
  /** e.g. `cilium` */
  readonly chart: string;
  /** Without a leading v, e.g. `1.20.1`. */
  readonly version: string;
}

/**
 * Finds a chart.
 * @throws StepError naming the versions near it, or why the repository cannot be asked
 */
export async function findChart(wanted: WantedChart, signal: AbortSignal): Promise<ChartEntry> {
  const { repository, chart, version } = wanted;
  const found = entriesOf(
    (await download(new URL("index.yaml", repository), signal)).toString("utf8"),
    chart,
  );
  const entry = found.find((candidate) => plainVersion(candidate.version) === version);
  if (entry !== undefined) return entry;
  const minor = minorOf(version) ?? version;
  const near = found
    .filter((candidate) => minorOf(candidate.version) === minor)
    .map((candidate) => plainVersion(candidate.version))
    .slice(0, 5);
  throw new StepError(
    `${repository} has no version ${version} of ${chart}; ${near.length === 0 ? `nothing of ${minor}` : `of ${minor} it has ${near.join(", ")}`}`,
    "no machine has been touched; correct versions.cilium in the stack config, then run pulumi up again",
  );
}

/**
 * Downloads a file of a Helm repository.
 * @throws StepError when it cannot be read
 */
export async function download(url: URL, signal: AbortSignal): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    if (!response.ok) throw new Error(`HTTP ${String(response.status)}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new StepError(
      `${url.href} cannot be read: ${causeOf(error)}`,
      "no machine has been touched; check the way to the Internet, then run pulumi up again",
    );
  }
}

/** The versions of one chart: an index holds other charts too, and a dependency of a chart has a `version` as well. */
function entriesOf(index: string, chart: string): readonly ChartEntry[] {
  const { entries = {} } = (parse(index) ?? {}) as {
    readonly entries?: Readonly<Record<string, readonly Partial<ChartEntry>[] | undefined>>;
  };
  return (entries[chart] ?? []).flatMap(({ version, urls = [], digest }) =>
    version === undefined ? [] : [{ version, urls, ...(digest === undefined ? {} : { digest }) }],
  );
}
