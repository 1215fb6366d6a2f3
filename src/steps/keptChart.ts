// Cilium's chart, kept on this computer beside the backups of the stack: a site that is down stops only who needs another
// chart than the one that runs (docs/decisions/0020). Only a cache: what is missing or damaged is downloaded again.
import { createHash } from "node:crypto";
import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { plainVersion } from "../versions/version.ts";
import { download, findChart, type WantedChart } from "./chartIndex.ts";
import { replaceFile } from "./replaceFile.ts";
import { StepError } from "./stepError.ts";
import { fileInTar } from "./tarFile.ts";

type Chart = Omit<WantedChart, "repository">;

/**
 * Where a chart is kept, relative to the project, e.g. `backups/home/cilium-1.20.1.tgz`: one folder for each stack, because a
 * lab's charts are others than those of the Internet.
 */
export function chartFile(stack: string, { chart, version }: Chart): string {
  return join("backups", stack, `${chart}-${version}.tgz`);
}

/** Whether a kept chart is there, whole, and the one that its name says. */
export function isKept(stack: string, wanted: Chart): boolean {
  return isChart(() => readFileSync(chartFile(stack, wanted)), wanted);
}

/**
 * Downloads a chart, compares it with the repository's digest, and keeps it; a file is whole or not there.
 * @param others versions that are to stay as well; all others of the chart are removed
 * @throws StepError when the repository cannot be asked, does not have it, or gives something else
 */
export async function keepChart(
  stack: string,
  wanted: WantedChart,
  others: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { repository, chart, version } = wanted;
  const { urls: [url] = [], digest: expected } = await findChart(wanted, signal);
  const name = `${chart} ${version} of ${repository}`;
  if (url === undefined) throw damaged(`${name} has no address to download it from`);
  const archive = await download(new URL(url, repository), signal);
  const digest = createHash("sha256").update(archive).digest("hex");
  if (expected !== undefined && expected.replace(/^sha256:/, "") !== digest)
    throw damaged(`${name} is not what its index says: SHA-256 ${digest}, expected ${expected}`);
  if (!isChart(() => archive, wanted)) throw damaged(`${name}: what was downloaded is no such chart`);
  replaceFile(chartFile(stack, wanted), archive);
  const stay = [version, ...others].map((one) => chartFile(stack, { chart, version: one }));
  for (const old of globSync(chartFile(stack, { chart, version: "*" }))) if (!stay.includes(old)) rmSync(old);
}

function damaged(text: string): StepError {
  return new StepError(
    text,
    "nothing has been touched; look whether something between here and the site changes downloads, then run it again",
  );
}

/** A packed chart has its Chart.yaml in the one folder that it consists of. Source: helm.sh/docs/topics/charts. */
function isChart(read: () => Buffer, { chart, version }: Chart): boolean {
  try {
    const text = fileInTar(gunzipSync(read()), (name) => /^[^/]+\/Chart\.yaml$/.test(name)) ?? "";
    const metadata = parse(text) as { readonly name?: unknown; readonly version?: unknown } | null;
    return metadata?.name === chart && plainVersion(String(metadata.version)) === version;
  } catch {
    // Not there, no gzip, cut off, or no YAML.
    return false;
  }
}
