// From where the provider takes Cilium's chart. It loads the chart in every preview and every run, so a site that is down
// would stop runs that change nothing of Cilium; from a file it does not ask anybody (docs/decisions/0020).
import * as pulumi from "@pulumi/pulumi";
import { ciliumRepository } from "../config/ciliumRepository.ts";
import { isCiliumChange } from "../config/lastRun.ts";
import type { Config } from "../config/config.ts";
import { download } from "../steps/chartIndex.ts";
import { chartFile, isKept, keepChart } from "../steps/keptChart.ts";
import { describe, StepError } from "../steps/stepError.ts";

/**
 * Whether this run takes the chart from the kept file. Not where the last run has taken it from the repository and nothing of
 * Cilium changes now: another source alone would be a Helm upgrade for nothing.
 */
export function usesKeptChart(config: Config): boolean {
  const { cilium, ciliumChart } = config.lastRun.versions;
  return cilium === undefined || ciliumChart !== undefined || isCiliumChange(config);
}

const advice =
  "nothing has been touched; run it again when the site answers. From the next change of versions.cilium or of Cilium's values on the chart is kept on this computer, and the site is not needed for what does not change it";

/**
 * Before the first resource: the chart of this run is there. Asks nobody where the last finished run had the same version and
 * values and its chart is kept.
 * @throws pulumi.RunError when it is neither kept nor to be had
 */
export async function provideCiliumChart(config: Config): Promise<void> {
  const stack = pulumi.getStack();
  const { signal } = new AbortController();
  const wanted = { repository: ciliumRepository, chart: "cilium", version: config.versions.cilium };
  const before = config.lastRun.versions.cilium;
  const isFromFile = usesKeptChart(config);
  const kept = isFromFile && isKept(stack, wanted);
  if (kept && before !== undefined && !isCiliumChange(config)) return;
  try {
    if (isFromFile) await keepChart(stack, wanted, before === undefined ? [] : [before], signal);
    // The provider asks the repository in this run: better asked before the first machine is touched.
    else await download(new URL("index.yaml", ciliumRepository), signal);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const { message } = error;
    if (!kept) throw new pulumi.RunError(describe(isFromFile ? error : { message, todo: advice }));
    await pulumi.log.warn(`${message}; the chart that is kept in ${chartFile(stack, wanted)} is taken`);
  }
}
