import { textOf, type Finding, type FluxKustomization } from "../../../tree/index.ts";
import { finding, type Rule } from "../rule.ts";

/** A Kustomization that is tried again after this long needs no retryInterval: ten minutes, as `flux bootstrap` writes. */
const longestWaitMinutes = 10;

/**
 * A Kustomization that fails is tried again soon, and one that waits for its objects gives up at some time.
 * Source: kustomize-controller v1.9 docs/spec/v1/kustomizations.md: retryInterval and timeout default to the interval.
 */
export const retryAndTimeout: Rule = {
  name: "retry-and-timeout",
  what: "Kustomizations with long intervals have a retryInterval, those that wait a timeout",
  check: ({ model }) =>
    model.kustomizations.flatMap((kustomization) => [
      ...retryFindings(kustomization),
      ...timeoutFindings(kustomization),
    ]),
};

function retryFindings({ object, spec, name, namespace }: FluxKustomization): readonly Finding[] {
  const interval = textOf(spec["interval"]) ?? "";
  if (spec["retryInterval"] !== undefined || minutes(interval) <= longestWaitMinutes) return [];
  const message = `Kustomization ${namespace}/${name} has no retryInterval: when it fails, it is tried again after ${interval}`;
  return [finding(object.source, ["spec", "interval"], message, "write retryInterval: 2m")];
}

function timeoutFindings({ object, spec, name, namespace }: FluxKustomization): readonly Finding[] {
  const checks = Array.isArray(spec["healthChecks"]) && spec["healthChecks"].length > 0;
  if ((spec["wait"] !== true && !checks) || spec["timeout"] !== undefined) return [];
  const field = spec["wait"] === true ? "wait" : "healthChecks";
  const message = `Kustomization ${namespace}/${name} has ${field} but no timeout: it waits as long as its interval, ${textOf(spec["interval"]) ?? "(none)"}`;
  return [finding(object.source, ["spec", field], message, "write timeout: 5m")];
}

/** Minutes of a Go duration, e.g. 90 of `1h30m`. */
function minutes(duration: string): number {
  const units: Readonly<Record<string, number>> = { h: 60, m: 1, s: 1 / 60, ms: 0 };
  return [...duration.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce(
    (sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0),
    0,
  );
}
