// The next step for an object that is not Ready: what to change, where, and how to see that it helped. Pure.
import { isHandOff, isSuspendedByConfig } from "../../src/flux/suspension.ts";
import { knownRemedy } from "../../src/flux/ready.ts";
import type { Health } from "./health.ts";
import {
  isAboutVariables,
  ownSources,
  refusedVariable,
  removalCommands,
  sourcesText,
  variableSources,
} from "./variables.ts";

const push = "push, then npm run reconcile";

type Remedy = readonly [kind: RegExp, pattern: RegExp, todo: (health: Health) => string];

/** First match wins, before the general ones. The patterns are Flux's, Helm's and the API server's own words. */
const remedies: readonly Remedy[] = [
  [/Kustomization/, /var name is invalid/, refusedName],
  [
    /^/,
    /kustomization path not found/,
    (health) =>
      `spec.path ${spec(health, "path")} is not in the repository at that commit: correct it, ${push}`,
  ],
  [
    /Kustomization/,
    /dependency '[^']+' not found/,
    ({ message }) =>
      `nothing is called ${/dependency '([^']+)'/.exec(message)?.[1] ?? "so"}: correct spec.dependsOn, ${push}`,
  ],
  [
    /^/,
    /no matches for kind/,
    () =>
      `the definition of that kind is not in the cluster yet: let spec.dependsOn name what brings it, ${push}`,
  ],
  [
    /Kustomization/,
    /immutable/i,
    (health) =>
      `a field of it cannot be changed in place: npm run flux -- force ${word(health)} deletes the object and makes it anew`,
  ],
  [
    /^/,
    /admission webhook|failed calling webhook/,
    () => "a webhook of the cluster refuses it or does not answer: look at its pods, then npm run reconcile",
  ],
  [
    /HelmChart|HelmRelease/,
    /chart pull error|invalid chart reference|no chart (version|name) found/i,
    (health) => `the repository has no such chart: correct spec.chart of ${owner(health)}, ${push}`,
  ],
  [
    /HelmRelease/,
    /could not (find|get) (Secret|ConfigMap)|could not resolve .* values|valuesFrom/i,
    () => `the Secret or ConfigMap that spec.valuesFrom names is not there: add it, ${push}`,
  ],
  [
    /HelmRelease/,
    /^/,
    (health) =>
      `look at its pods, correct its values or its chart's version, ${push}; the same once more without a change: npm run flux -- force ${word(health)}`,
  ],
  [
    /Kustomization/,
    /health check failed|timeout waiting for|stalled resources/i,
    () => `what it applied does not become ready: look at its pods, correct it, ${push}`,
  ],
];

/** What to do about an object that fails, waits in vain, or is suspended. */
export function nextStep(health: Health): string {
  const { object, state, message } = health;
  if (state === "suspended")
    return isHandOff(object) || isSuspendedByConfig(object)
      ? "write suspend: false in the stack config, then npm run up"
      : `somebody has suspended it: npm run flux -- resume ${word(health)}`;
  if (object.kind === "Kustomization" && isAboutVariables(message) && ownSources(object).length > 0)
    return lockedUp(health);
  const { kind = "", metadata: { namespace = "", name = "" } = {} } = object;
  const own = remedies.find(([kinds, pattern]) => kinds.test(kind) && pattern.test(message));
  return (
    own?.[2](health) ??
    knownRemedy(message, "npm run reconcile") ??
    `look at: kubectl -n ${namespace} describe ${kind} ${name}`
  );
}

/** The name is in ConfigMaps or Secrets that are corrected in Git, and arrives by itself. */
function refusedName({ object, message }: Health): string {
  const places = sourcesText(variableSources(object));
  return `Flux refuses the name of the variable ${refusedVariable(message) ?? ""}: letters, digits and _ only, no digit first; rename it where it stands${places === "" ? "" : ` (${places})`} and where it is used, ${push}`;
}

/** A Kustomization that takes variables from what it delivers: a push of the corrected one never arrives. */
function lockedUp(health: Health): string {
  const { object, message } = health;
  const own = ownSources(object);
  const variable = refusedVariable(message);
  const what =
    variable === undefined
      ? `correct the variables of ${sourcesText(own)}`
      : `rename the variable ${variable}, a name that Flux refuses, in ${sourcesText(own)}`;
  const here =
    variable === undefined
      ? own
          .map(({ kind, namespace, name }) => `kubectl -n ${namespace} edit ${kind.toLowerCase()} ${name}`)
          .join("; ")
      : removalCommands(variable, own);
  const forEver = isHandOff(object)
    ? "For ever: take postBuild out of this Kustomization in flux/config/cluster.yaml, push, npm run up"
    : "For ever: take these out of its postBuild.substituteFrom";
  return `${what}, and push. It delivers them itself, so that does not arrive while it is stopped; in the cluster: ${here}; then npm run reconcile. ${forEver}`;
}

/** As `npm run flux` wants it. */
export function word({ object: { kind, metadata } }: Health): string {
  return `${kind ?? ""}/${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
}

function spec({ object }: Health, key: string): string {
  return String(object.spec?.[key] ?? "");
}

/** A chart is made of its release: that is where people write. */
function owner({ object, name }: Health): string {
  const labels = object.metadata?.labels;
  const release = labels?.["helm.toolkit.fluxcd.io/name"];
  return object.kind === "HelmChart" && release !== undefined
    ? `HelmRelease ${labels?.["helm.toolkit.fluxcd.io/namespace"] ?? ""}/${release}`
    : name;
}
