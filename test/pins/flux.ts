// Renovate's manager `flux`. Source: renovatebot/renovate lib/modules/manager/flux/extract.ts: a HelmRelease's chart needs
// the HelmRepository that its sourceRef names, with a namespace, in any of the manager's files; without it, it is skipped.
import { type Config, filesOf, type Repository } from "./config.ts";
import { imagesInValues } from "./images.ts";
import type { SeenPin } from "./seen.ts";
import { documents, type Value } from "./yaml.ts";

interface Resource {
  readonly file: string;
  readonly value: Value;
}

function isKind({ value }: Resource, kind: string, group: string): boolean {
  return value.at("kind").text === kind && (value.at("apiVersion").text?.startsWith(`${group}/`) ?? false);
}

function chartPin(resource: Resource, spec: Value, repositories: readonly Resource[]): SeenPin[] {
  const version = spec.at("version");
  const chart = spec.at("chart").text;
  const reference = spec.at("sourceRef");
  const namespace = reference.at("namespace").text ?? resource.value.at("metadata", "namespace").text;
  const repository = repositories.find(
    ({ value }) =>
      reference.at("kind").text === "HelmRepository" &&
      value.at("metadata", "name").text === reference.at("name").text &&
      value.at("metadata", "namespace").text === namespace,
  );
  const url = repository?.value.at("spec", "url").text;
  if (version.text === undefined || chart === undefined || url === undefined) return [];
  const common = { manager: "flux", file: resource.file, ...version.place, value: version.text, name: chart };
  if (url.startsWith("oci://"))
    return [{ ...common, packageName: `${url.slice("oci://".length)}/${chart}`, datasource: "docker" }];
  return [{ ...common, packageName: chart, datasource: "helm", registryUrl: url }];
}

function tagPin(resource: Resource, datasource: string): SeenPin[] {
  const tag = resource.value.at("spec", "ref", "tag");
  const name = resource.value.at("spec", "url").text?.replace(/^oci:\/\//, "");
  if (tag.text === undefined || name === undefined) return [];
  const { file } = resource;
  return [{ manager: "flux", file, ...tag.place, value: tag.text, name, packageName: name, datasource }];
}

function pinsOf(resource: Resource, repositories: readonly Resource[]): SeenPin[] {
  const spec = resource.value.at("spec");
  if (isKind(resource, "OCIRepository", "source.toolkit.fluxcd.io")) return tagPin(resource, "docker");
  if (isKind(resource, "GitRepository", "source.toolkit.fluxcd.io")) return tagPin(resource, "git-tags");
  if (isKind(resource, "HelmChart", "source.toolkit.fluxcd.io"))
    return chartPin(resource, spec, repositories);
  if (!isKind(resource, "HelmRelease", "helm.toolkit.fluxcd.io")) return [];
  // With a chartRef the version is in what it names.
  const chart = spec.at("chartRef").exists ? [] : chartPin(resource, spec.at("chart", "spec"), repositories);
  return [...chart, ...imagesInValues("flux", resource.file, spec.at("values"))];
}

/** Charts, artifacts and images of Flux objects. */
export function fluxPins(repository: Repository, config: Config): SeenPin[] {
  const resources = filesOf(repository, config, config.flux.managerFilePatterns).flatMap((file) =>
    documents(repository.get(file) ?? "").map((value): Resource => ({ file, value })),
  );
  const repositories = resources.filter(
    (resource) =>
      isKind(resource, "HelmRepository", "source.toolkit.fluxcd.io") &&
      resource.value.at("metadata", "namespace").exists,
  );
  return resources.flatMap((resource) => pinsOf(resource, repositories));
}
