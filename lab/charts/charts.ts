// The lab's Helm repositories: for every repository that the tree names an index.yaml and a small chart per chart and
// version. Like a public repository it never forgets: a version that was once named is served for ever.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { stringify } from "yaml";
import { send, sendText, type Handler } from "../proxy/http.ts";
import { buildChart, pinnedVersion, type Chart } from "./chart.ts";
import type { ChartReference } from "./tree.ts";

/** What {@link openCharts} needs. */
export interface ChartsOptions {
  /** File that remembers all charts ever named, e.g. `.lab/lab/state/charts.json`. */
  readonly file: string;
  /** Charts that are named now; asked at every request. */
  readonly wanted: () => readonly ChartReference[];
  /** URLs of repositories that exist even without charts; asked at every request. */
  readonly repositories: () => readonly string[];
}

/** All Helm repositories of the lab's Internet. */
export interface Charts {
  /** Hosts of the repositories, e.g. `charts.jetstack.io`. */
  hosts(): readonly string[];
  /** Answers for a host. */
  handlerFor(host: string): Handler;
}

/** Opens the repositories. */
export function openCharts(options: ChartsOptions): Charts {
  let remembered = load(options.file);
  const built = new Map<string, Promise<Chart>>();
  const chartOf = (name: string, version: string): Promise<Chart> => {
    const key = `${name}-${version}`;
    const chart = built.get(key) ?? buildChart(name, version);
    built.set(key, chart);
    return chart;
  };
  /** What was ever named, with exact versions: of a range the lowest version that fits. */
  const all = (): readonly ChartReference[] => {
    const known = new Map(
      [...remembered, ...options.wanted().map(pinned)].map((chart) => [keyOf(chart), chart]),
    );
    if (known.size > remembered.length) {
      remembered = [...known.values()];
      save(options.file, remembered);
    }
    return remembered;
  };
  const repositories = (): readonly string[] => [
    ...new Set([...options.repositories(), ...all().map(({ repository }) => repository)].map(trimmed)),
  ];

  return {
    hosts: () => [...new Set(repositories().map((url) => new URL(url).hostname))],
    handlerFor: (host) => async (request, response) => {
      const { pathname } = new URL(request.url ?? "/", `https://${host}`);
      const here = repositories().filter((url) => new URL(url).hostname === host);
      const repository = here.find((url) =>
        pathname.startsWith(`${new URL(url).pathname.replace(/\/$/, "")}/`),
      );
      const path = pathname.slice(new URL(repository ?? "x:/").pathname.replace(/\/$/, "").length + 1);
      const offered = all().filter((chart) => trimmed(chart.repository) === repository);
      if (repository !== undefined && path === "index.yaml") {
        const charts = await Promise.all(offered.map(({ name, version }) => chartOf(name, version)));
        send(response, 200, "text/yaml", Buffer.from(stringify(indexOf(charts))));
        return;
      }
      const file = offered.find(({ name, version }) => path === `${name}-${version}.tgz`);
      if (file === undefined) sendText(response, 404, "404: Not Found\n");
      else send(response, 200, "application/gzip", (await chartOf(file.name, file.version)).bytes);
    },
  };
}

/** Content of an index.yaml. Source: helm.sh/docs/topics/chart_repository. */
function indexOf(charts: readonly Chart[]): unknown {
  const entries: Record<string, unknown[]> = {};
  // Newest first, as helm writes it.
  for (const chart of [...charts].sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true })))
    (entries[chart.name] ??= []).push({
      ...chart.metadata,
      created: "2026-01-01T00:00:00Z",
      digest: chart.digest,
      urls: [`${chart.name}-${chart.version}.tgz`],
    });
  // A time that stands still: an unchanged repository has an unchanged revision.
  return { apiVersion: "v1", entries, generated: "2026-01-01T00:00:00Z" };
}

function pinned(chart: ChartReference): ChartReference {
  return { ...chart, version: pinnedVersion(chart.version) };
}

function keyOf({ repository, name, version }: ChartReference): string {
  return `${trimmed(repository)} ${name} ${version}`;
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, "");
}

function load(file: string): readonly ChartReference[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ChartReference[];
  } catch {
    // Missing or damaged: the tree names again what matters.
    return [];
  }
}

function save(file: string, charts: readonly ChartReference[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(charts, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}
