// The one line that decides which Flux a cluster runs.
import type { TestLab } from "./testLab.ts";

/** Sets the tag of Flux's artifact in a lab's tree, and commits and pushes it. */
export async function setFluxTag(lab: TestLab, tag: string): Promise<void> {
  await lab.commit(`Take Flux to ${tag}`, {
    "cluster/flux/config/flux.yaml": (text) => text.replace(/^( +tag: ).*$/m, `$1${tag}`),
  });
}
