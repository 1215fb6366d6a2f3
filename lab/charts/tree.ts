// Which charts the Git tree names: its HelmRepositories and OCIRepositories, and the HelmReleases that point to them. Reads
// files only, so a change of the tree counts at the next question.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

/** A chart in one version, at a public repository. */
export interface ChartReference {
  /** URL of the repository as the tree has it, e.g. `https://charts.jetstack.io`. */
  readonly repository: string;
  readonly name: string;
  /** Version or range as the tree has it, e.g. `1.19.1`. */
  readonly version: string;
}

/** A chart in one version, in an OCI registry. */
export interface OciChartReference {
  /** e.g. `ghcr.io` */
  readonly host: string;
  /** Repository at that host, its last part is the chart's name, e.g. `bjw-s-labs/helm/app-template`. */
  readonly repository: string;
  /** Tag as the tree has it, e.g. `5.1.0`. */
  readonly version: string;
}

/** What a tree takes from the Internet. */
export interface TreeSources {
  readonly charts: readonly ChartReference[];
  /** Charts in OCI registries: OCIRepositories that a HelmRelease refers to, and charts of HelmRepositories of type oci. */
  readonly ociCharts: readonly OciChartReference[];
  /** URLs of HelmRepositories, also those without a release. */
  readonly helmRepositories: readonly string[];
  /** Hosts of `oci://` URLs, e.g. `ghcr.io`. */
  readonly registryHosts: readonly string[];
}

interface KubernetesObject {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: {
    readonly url?: string;
    readonly ref?: { readonly tag?: string };
    readonly chartRef?: { readonly kind?: string; readonly name?: string };
    readonly chart?: {
      readonly spec?: {
        readonly chart?: string;
        readonly version?: string;
        readonly sourceRef?: { readonly kind?: string; readonly name?: string };
      };
    };
  };
}

/** Reads a tree. A folder that is not there yet is an empty tree; a file that is no YAML is Flux's to complain about. */
export function readTreeSources(tree: string): TreeSources {
  const objects = yamlFiles(tree).flatMap((file) => objectsOf(file));
  const urls = objects.flatMap(({ kind, metadata, spec }) =>
    spec?.url === undefined ? [] : [{ kind: kind ?? "", name: metadata?.name ?? "", url: spec.url }],
  );
  const helm = urls.filter(({ kind, url }) => kind === "HelmRepository" && /^https?:/.test(url));
  const charts = objects.flatMap(({ kind, spec }) => {
    const chart = kind === "HelmRelease" ? spec?.chart?.spec : undefined;
    const repository = helm.find(({ name }) => name === chart?.sourceRef?.name)?.url;
    if (chart?.chart === undefined || repository === undefined) return [];
    return [{ repository, name: chart.chart, version: chart.version ?? "*" }];
  });
  const ociCharts = objects.flatMap(({ kind, spec }) => {
    if (kind !== "HelmRelease") return [];
    const reference = spec?.chartRef?.kind === "OCIRepository" ? spec.chartRef.name : undefined;
    const artifact = objects.find(
      (object) => object.kind === "OCIRepository" && object.metadata?.name === reference,
    )?.spec;
    if (artifact?.url !== undefined) return ociChart(artifact.url, artifact.ref?.tag ?? "latest");
    const chart = spec?.chart?.spec;
    const repository = urls.find(
      ({ name, url }) => name === chart?.sourceRef?.name && url.startsWith("oci://"),
    );
    if (chart?.chart === undefined || repository === undefined) return [];
    return ociChart(`${repository.url}/${chart.chart}`, chart.version ?? "*");
  });
  const registryHosts = urls.flatMap(({ url }) => /^oci:\/\/([^/:]+)/.exec(url)?.[1] ?? []);
  return {
    charts,
    ociCharts,
    helmRepositories: [...new Set(helm.map(({ url }) => url))],
    registryHosts: [...new Set(registryHosts)],
  };
}

function ociChart(url: string, version: string): readonly OciChartReference[] {
  const [, host, repository] = /^oci:\/\/([^/]+)\/+(.+?)\/*$/.exec(url) ?? [];
  return host === undefined || repository === undefined ? [] : [{ host, repository, version }];
}

function yamlFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.ya?ml$/.test(file))
      .sort()
      .map((file) => join(folder, file));
  } catch {
    return [];
  }
}

function objectsOf(file: string): readonly KubernetesObject[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Gone since the folder was listed.
    return [];
  }
  // Most files hold neither of the two; parsing all of them at every question would be waste.
  if (!/^kind: (?:HelmRepository|HelmRelease|OCIRepository)/m.test(text)) return [];
  return parseAllDocuments(text)
    .filter((document) => document.errors.length === 0)
    .map((document) => (document.toJS() ?? {}) as KubernetesObject);
}
