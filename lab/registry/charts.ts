// Helm charts in the lab's registry, as their publishers push them. A chart is made and pushed when somebody first asks for
// it, because the tree may name another one at any time.
import { createHash } from "node:crypto";
import { buildChart, pinnedVersion } from "../charts/chart.ts";
import type { OciChartReference } from "../charts/tree.ts";
import { repositoryOf } from "./publish.ts";
import type { Registry } from "./registry.ts";

/** Media types of a chart. Source: helm.sh/docs/topics/registries. */
const types = {
  config: "application/vnd.cncf.helm.config.v1+json",
  chart: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
  manifest: "application/vnd.oci.image.manifest.v1+json",
} as const;

/** Pushes what the tree names of one repository. @throws Error when the registry refuses it */
export type PublishCharts = (host: string, repository: string) => Promise<void>;

/** @param wanted charts that are named now; asked at every request */
export function chartPublisher(
  registry: Pick<Registry, "host">,
  wanted: () => readonly OciChartReference[],
): PublishCharts {
  const published = new Map<string, Promise<void>>();
  return async (host, repository) => {
    const charts = wanted().filter((chart) => chart.host === host && chart.repository === repository);
    for (const version of new Set(charts.map((chart) => pinnedVersion(chart.version)))) {
      const key = `${host}/${repository}:${version}`;
      const push = published.get(key) ?? publish(registry, repositoryOf(host, repository), version);
      published.set(key, push);
      // One that failed is tried again by the next request.
      await push.catch((error: unknown) => {
        published.delete(key);
        throw error;
      });
    }
  };
}

async function publish({ host }: Pick<Registry, "host">, path: string, version: string): Promise<void> {
  const chart = await buildChart(path.split("/").at(-1) ?? path, version);
  const config = Buffer.from(JSON.stringify(chart.metadata));
  for (const blob of [config, chart.bytes])
    await send(`http://${host}/v2/${path}/blobs/uploads/?digest=${digestOf(blob)}`, "POST", blob);
  const describe = (mediaType: string, blob: Buffer): object => ({
    mediaType,
    digest: digestOf(blob),
    size: blob.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: describe(types.config, config),
    layers: [describe(types.chart, chart.bytes)],
  };
  // A tag cannot hold a plus sign; helm writes an underscore.
  await send(
    `http://${host}/v2/${path}/manifests/${version.replaceAll("+", "_")}`,
    "PUT",
    Buffer.from(JSON.stringify(manifest)),
    types.manifest,
  );
}

function digestOf(blob: Buffer): string {
  return `sha256:${createHash("sha256").update(blob).digest("hex")}`;
}

async function send(
  url: string,
  method: string,
  body: Buffer,
  type = "application/octet-stream",
): Promise<void> {
  const answer = await fetch(url, { method, body: new Uint8Array(body), headers: { "content-type": type } });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${String(answer.status)}`);
}
