// Which chart a HelmRelease has, in which version: in itself, or in the OCIRepository that it names.
import type { TreeObject } from "../../tree/index.ts";
import type { SideObjects } from "./objects.ts";
import type { ChartChange } from "./types.ts";

type Fields = Readonly<Record<string, unknown>>;

/** HelmReleases whose chart comes, goes or changes. @param isKnown whether both sides know what a Kustomization applies */
export function chartChanges(
  before: SideObjects,
  after: SideObjects,
  isKnown: (kustomization: string) => boolean,
): readonly ChartChange[] {
  const [old, next] = [chartsOf(before, isKnown), chartsOf(after, isKnown)];
  return [...new Set([...old.keys(), ...next.keys()])]
    .sort()
    .map((release) => ({ release, from: old.get(release), to: next.get(release) }))
    .filter(({ from, to }) => from !== to);
}

function chartsOf(side: SideObjects, isKnown: (by: string) => boolean): ReadonlyMap<string, string> {
  const releases = [...side.objects.values()].filter(
    ({ object, by }) => object.kind === "HelmRelease" && isKnown(by),
  );
  return new Map(
    releases.map(({ object }) => [
      `${object.metadata.namespace ?? ""}/${object.metadata.name}`,
      chartOf(object, side),
    ]),
  );
}

function chartOf(release: TreeObject, side: SideObjects): string {
  const { chart, chartRef } = (release["spec"] ?? {}) as { chart?: { spec?: Fields }; chartRef?: Fields };
  if (chartRef === undefined)
    return [chart?.spec?.["chart"], chart?.spec?.["version"]].map(text).join(" ").trim();
  const namespace = text(chartRef["namespace"]) || (release.metadata.namespace ?? "");
  const source = [...side.objects.values()].find(
    ({ object: { kind, metadata } }) =>
      kind === chartRef["kind"] && metadata.name === chartRef["name"] && metadata.namespace === namespace,
  );
  const { url, ref } = (source?.object["spec"] ?? {}) as { url?: unknown; ref?: Fields };
  const name = text(url).split("/").at(-1) || text(chartRef["name"]);
  const version = text(ref?.["digest"]) || text(ref?.["semver"]) || text(ref?.["tag"]);
  return `${name} ${version}`.trim();
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
