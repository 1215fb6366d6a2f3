// The API versions of Flux that are gone, by the minor that removed them, and what to write instead.
import { coerce, lt } from "semver";

/** Source: fluxcd/website, the announcements of Flux 2.7 (2025-09-29), 2.8 (2026-02-23) and 2.9 (2026-06-30). */
const removals: readonly { readonly minor: string; readonly gone: readonly string[] }[] = [
  {
    minor: "2.7",
    gone: ["source/v1beta1", "kustomize/v1beta1", "helm/v2beta1", "image/v1beta1", "notification/v1beta1"],
  },
  { minor: "2.8", gone: ["source/v1beta2", "kustomize/v1beta2", "helm/v2beta2"] },
  { minor: "2.9", gone: ["image/v1beta2", "notification/v1beta2"] },
];

/** What every Flux since 2.7 serves. Source: the definitions of fluxcd/flux2 v2.7.5 and v2.9.4. */
const current: Readonly<Record<string, string>> = {
  source: "v1",
  kustomize: "v1",
  helm: "v2",
  image: "v1",
  notification: "v1",
};

/** Alerts and Providers are still beta. */
const currentOfKind: Readonly<Record<string, string>> = { Alert: "v1beta3", Provider: "v1beta3" };

const suffix = ".toolkit.fluxcd.io";

/** What to write for a kind of Flux, e.g. `helm.toolkit.fluxcd.io/v2`. @param group without the common end, e.g. `helm` */
export function apiVersionOf(group: string, kind: string): string {
  return `${group}${suffix}/${currentOfKind[kind] ?? current[group] ?? ""}`;
}

/** A removed API version. */
export interface Removal {
  /** The minor of Flux that removed it, e.g. `2.8`. */
  readonly minor: string;
  /** What to write instead, e.g. `helm.toolkit.fluxcd.io/v2`. */
  readonly instead: string;
}

/**
 * What happened to an API version by the time of a Flux version; undefined while it is served, and for what is not Flux's.
 * @param fluxVersion e.g. `v2.9.4`; default: the newest known
 */
export function removalOf(apiVersion: string, kind: string, fluxVersion?: string): Removal | undefined {
  const [group = "", version = ""] = apiVersion.split("/");
  if (!group.endsWith(suffix)) return undefined;
  const short = group.slice(0, -suffix.length);
  const removal = removals.find(({ gone }) => gone.includes(`${short}/${version}`));
  if (removal === undefined) return undefined;
  const pinned = coerce(fluxVersion);
  if (pinned !== null && lt(pinned, `${removal.minor}.0`)) return undefined;
  return {
    minor: removal.minor,
    instead: apiVersionOf(short, kind),
  };
}
