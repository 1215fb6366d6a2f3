// Image references, and where Helm values have them.
import type { SeenPin } from "./seen.ts";
import type { Value } from "./yaml.ts";

/** The pin of an image reference such as `docker.io/library/busybox:1.37` that begins at `start`; none without a tag. */
export function imagePin(manager: string, file: string, reference: string, start: number): SeenPin[] {
  const [, name, tag] = /^([^@]+?):([\w][\w.-]*)(?:@sha256:[0-9a-f]+)?$/.exec(reference) ?? [];
  if (name === undefined || tag === undefined) return [];
  const at = start + name.length + 1;
  return [
    {
      manager,
      file,
      start: at,
      end: at + tag.length,
      value: tag,
      name,
      packageName: name,
      datasource: "docker",
    },
  ];
}

/**
 * Images in values: keys that end with `image`, whose value is a reference or has a repository and a tag.
 * Source: renovatebot/renovate lib/modules/manager/helm-values/{extract,util}.ts.
 */
export function imagesInValues(manager: string, file: string, values: Value): SeenPin[] {
  const below = values.items.flatMap((item) => imagesInValues(manager, file, item));
  const named = values.entries.flatMap(([key, value]): SeenPin[] => {
    if (!/image$/i.test(key)) return imagesInValues(manager, file, value);
    if (value.text !== undefined) return imagePin(manager, file, value.text, value.place.start);
    const repository = value.at("repository").text;
    const tag = value.at("tag").exists ? value.at("tag") : value.at("version");
    // The lab's charts have both empty: whoever uses them says what they are.
    if (!repository || !tag.text) return imagesInValues(manager, file, value);
    const registry = value.at("registry").text;
    const name = registry === undefined ? repository : `${registry}/${repository}`;
    return [{ manager, file, ...tag.place, value: tag.text, name, packageName: name, datasource: "docker" }];
  });
  return [...below, ...named];
}
