// Which of the built controllers stands for which image.
import type { Toolbox } from "../../tools/toolbox.ts";

/** Controllers with the tags of each published Flux set. Source: fluxcd/flux2 releases v2.7.3 and v2.9.4. */
const sets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "2.7": { "source-controller": "v1.7.3", "kustomize-controller": "v1.7.2", "helm-controller": "v1.4.3" },
  "2.9": {
    "source-controller": "v1.9.4",
    "kustomize-controller": "v1.9.4",
    "helm-controller": "v1.6.3",
    "notification-controller": "v1.9.3",
  },
};

/** The program for an image such as `ghcr.io/fluxcd/source-controller:v1.9.4`; undefined when there is none. */
export function programFor(toolbox: Toolbox, image: string): string | undefined {
  const [, name = "", tag = ""] = /([a-z-]+):(v[\d.]+)(?:@|$)/.exec(image) ?? [];
  // The older set's notification-controller cannot be built (lab/README.md): the newer one's program plays it.
  if (name === "notification-controller" && tag === "v1.7.4") return toolbox["notification-controller@2.9"];
  const set = Object.keys(sets).find((minor) => sets[minor]?.[name] === tag);
  return set === undefined ? undefined : toolbox[`${name}@${set}`];
}
