// Renovate's managers `kubernetes`, `kustomize` and `helm-values`. Source: renovatebot/renovate
// lib/modules/manager/{kubernetes,kustomize,helm-values}/extract.ts and their default managerFilePatterns.
import { type Config, filesOf, type Repository } from "./config.ts";
import { imagePin, imagesInValues } from "./images.ts";
import type { SeenPin } from "./seen.ts";
import { documents } from "./yaml.ts";

/** `image:` lines of files that have an apiVersion and a kind. */
export function kubernetesPins(repository: Repository, config: Config): SeenPin[] {
  return filesOf(repository, config, config.kubernetes.managerFilePatterns).flatMap((file) => {
    const text = repository.get(file) ?? "";
    if (!/\s*apiVersion\s*:/.test(text) || !/\s*kind\s*:/.test(text)) return [];
    return [...text.matchAll(/^\s*-?\s*image:\s*['"]?(?<image>[^\s'"]+)/gm)].flatMap((match) =>
      imagePin(
        "kubernetes",
        file,
        match.groups?.["image"] ?? "",
        match.index + match[0].length - (match.groups?.["image"]?.length ?? 0),
      ),
    );
  });
}

/** New tags of images, and remote resources with a `ref`. */
export function kustomizePins(repository: Repository, config: Config): SeenPin[] {
  return filesOf(repository, config, ["/(^|/)kustomization\\.ya?ml$/"]).flatMap((file) =>
    documents(repository.get(file) ?? "").flatMap((value): SeenPin[] => {
      const common = { manager: "kustomize", file };
      const images = value.at("images").items.flatMap((image): SeenPin[] => {
        const tag = image.at("newTag");
        const name = image.at("newName").text ?? image.at("name").text ?? "";
        if (tag.text === undefined) return [];
        return [{ ...common, ...tag.place, value: tag.text, name, packageName: name, datasource: "docker" }];
      });
      const remote = ["resources", "components", "bases"].flatMap((list) => value.at(list).items);
      const references = remote.flatMap((item): SeenPin[] => {
        const [, name, ref] = /^(?:https:\/\/)?([^?]+)\?ref=([^&]+)/.exec(item.text ?? "") ?? [];
        if (name === undefined || ref === undefined) return [];
        return [{ ...common, ...item.place, value: ref, name, packageName: name, datasource: "github-tags" }];
      });
      return [...images, ...references];
    }),
  );
}

/** Images in files of Helm values. */
export function valuesPins(repository: Repository, config: Config): SeenPin[] {
  return filesOf(repository, config, ["/(^|/)values\\.ya?ml$/"]).flatMap((file) =>
    documents(repository.get(file) ?? "").flatMap((value) => imagesInValues("helm-values", file, value)),
  );
}
