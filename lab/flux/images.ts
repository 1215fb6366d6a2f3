// Which of the built controllers stands for which image.
import { fluxSets } from "../../tools/fluxManifests/sets.ts";
import type { Toolbox } from "../../tools/toolbox.ts";

/** The program for an image such as `ghcr.io/fluxcd/source-controller:v1.9.4`; undefined when there is none. */
export function programFor(toolbox: Toolbox, image: string): string | undefined {
  const [, name = "", tag = ""] = /([a-z-]+):(v[\d.]+)(?:@|$)/.exec(image) ?? [];
  const set = fluxSets.find(({ controllers }) =>
    controllers.some((controller) => controller.name === name && controller.version === tag),
  );
  if (set === undefined) return undefined;
  // The older set's notification-controller cannot be built (lab/README.md): the newer one's program plays it.
  const player = name === "notification-controller" ? fluxSets[0] : set;
  return toolbox[`${name}@${player?.recipe.replace("flux-", "") ?? ""}`];
}
