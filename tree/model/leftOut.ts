// What lies in the tree, but is not applied, because the kustomization.yaml beside it does not list it.
import { posix } from "node:path";
import type { FluxKustomization } from "./fluxKustomizations.ts";
import type { Kustomize } from "./kustomize.ts";
import type { KustomizeFile } from "./kustomizeFiles.ts";

/** The nearest kustomization.yaml in a folder or above it. */
export function governing(kustomize: Kustomize, folder: string): KustomizeFile | undefined {
  for (let at = folder; ; at = posix.dirname(at)) {
    const found = kustomize.fileIn(at);
    if (found !== undefined || at === "." || at === "..") return found;
  }
}

/** Files that Kustomizations use. */
export function filesOf(kustomizations: readonly FluxKustomization[]): ReadonlySet<string> {
  return new Set(kustomizations.flatMap(({ build }) => [...(build?.files ?? [])]));
}

/** Kustomizations that would be applied if they were listed, and those that come with them. */
export function leftOutOf(
  kustomizations: readonly FluxKustomization[],
  kustomize: Kustomize,
): ReadonlySet<FluxKustomization> {
  const applied = filesOf(kustomizations);
  const isLeftOut = ({ parent, object }: FluxKustomization): boolean => {
    if (parent !== undefined) return isLeftOut(parent);
    const { file } = object.source;
    const by = applied.has(file) ? undefined : governing(kustomize, posix.dirname(file));
    return by !== undefined && applied.has(by.file);
  };
  return new Set(kustomizations.filter(isLeftOut));
}
