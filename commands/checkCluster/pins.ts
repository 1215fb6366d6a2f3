// Every place of a tree that says which version of something is used.
import { posix } from "node:path";
import {
  fieldsOf,
  listOf,
  textOf,
  valueAt,
  type FieldPath,
  type Origin,
  type TreeModel,
} from "../../tree/index.ts";
import { isUnknown } from "./sources.ts";

/** A place that says a version. */
export interface Pinned {
  /** What it is a version of, e.g. `image docker.io/library/busybox`. */
  readonly of: string;
  readonly version: string;
  readonly file: string;
  readonly line: number;
}

/** Charts by their repository and name, artifacts by their address, images by theirs. */
export function pinsOf(model: TreeModel): readonly Pinned[] {
  const found = [
    ...chartPins(model),
    ...model.written.flatMap((object) => [
      ...artifactPins(object, object.data),
      ...imagePins(object, object.data, []),
    ]),
    ...model.kustomizeFiles.flatMap((file) => imageTransformers(file, file.fields["images"], ["images"])),
  ];
  return found.filter(({ version }) => !isUnknown(version));
}

function pinAt(source: Origin, field: FieldPath, of: string, version: string): Pinned {
  return { of, version, file: source.file, line: source.line(...field) };
}

/** The same chart of the same repository, whatever the repository is called. */
function chartPins({ placed }: TreeModel): readonly Pinned[] {
  const urls = new Map(
    placed.flatMap(({ data, name, namespace }) =>
      data.kind === "HelmRepository"
        ? [[`${namespace ?? ""}/${name}`, textOf(data.spec?.["url"]) ?? ""]]
        : [],
    ),
  );
  const seen = new Set<Origin>();
  return placed.flatMap(({ source, data, namespace }) => {
    const field =
      data.kind === "HelmRelease" ? ["spec", "chart", "spec"] : data.kind === "HelmChart" ? ["spec"] : [];
    const spec = fieldsOf(field.length === 0 ? undefined : valueAt(data, ...field));
    const chart = textOf(spec["chart"]);
    const version = textOf(spec["version"]);
    const reference = fieldsOf(spec["sourceRef"]);
    if (chart === undefined || version === undefined || reference["kind"] !== "HelmRepository") return [];
    if (seen.has(source)) return [];
    seen.add(source);
    const repository = `${textOf(reference["namespace"]) ?? namespace ?? ""}/${textOf(reference["name"]) ?? ""}`;
    const of = `chart ${chart} of ${urls.get(repository) ?? repository}`;
    return [pinAt(source, [...field, "version"], of, version)];
  });
}

function artifactPins(source: Origin, { kind, spec }: { kind: string; spec?: unknown }): readonly Pinned[] {
  const url = textOf(valueAt(spec, "url"));
  const tag = textOf(valueAt(spec, "ref", "tag"));
  if (kind !== "OCIRepository" || url === undefined || tag === undefined) return [];
  return [pinAt(source, ["spec", "ref", "tag"], `artifact ${url}`, tag)];
}

/** `image: name:tag` anywhere, and `{repository, tag}` as charts have it. */
function imagePins(source: Origin, value: unknown, path: FieldPath): readonly Pinned[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => imagePins(source, item, [...path, index]));
  const fields = fieldsOf(value);
  const { registry, repository, tag } = fields;
  const host = typeof registry === "string" && registry !== "" ? `${registry}/` : "";
  const own =
    typeof repository === "string" && typeof tag === "string"
      ? imagePin(source, [...path, "tag"], host + repository, tag)
      : [];
  const inside = Object.entries(fields).flatMap(([key, item]) => {
    if (key !== "image" || typeof item !== "string") return imagePins(source, item, [...path, key]);
    const [, name = "", version = ""] = /^([^@\s]+?):([^:/@\s]+)(?:@.*)?$/.exec(item) ?? [];
    return imagePin(source, [...path, key], name, version);
  });
  return [...own, ...inside];
}

/** `images` of a kustomization.yaml. */
function imageTransformers(source: Origin, images: unknown, path: FieldPath): readonly Pinned[] {
  return listOf(images).flatMap((entry, index) => {
    const { name, newName, newTag } = fieldsOf(entry);
    const image = textOf(newName) ?? textOf(name);
    return image === undefined || typeof newTag !== "string"
      ? []
      : imagePin(source, [...path, index, "newTag"], image, newTag);
  });
}

function imagePin(source: Origin, field: FieldPath, name: string, tag: string): readonly Pinned[] {
  const version = tag.replace(/@.*$/, "");
  // `latest` and the like pin nothing, and no tag at all either.
  return /\d/.test(version) ? [pinAt(source, field, `image ${fullName(name)}`, version)] : [];
}

/** Source: distribution/reference: a name without a host is Docker Hub's, one without a folder is in `library`. */
function fullName(name: string): string {
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  if (hasHost) return name;
  return posix.join("docker.io", rest.length > 0 ? name : `library/${name}`);
}
