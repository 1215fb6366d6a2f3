// Which versions go together. Data with its source; checked before any resource is registered, and again by the steps against
// what really runs.
import { changes, names, settings, type Component, type Versions } from "./components.ts";
import { sortFindings, type Finding, type Findings, type Problem } from "./findings.ts";
import { compareMinors, minorOf, parseVersion } from "./version.ts";

/** The oldest and newest minor of Kubernetes, e.g. `["1.31", "1.36"]`. */
type KubernetesRange = readonly [oldest: string, newest: string];

/** What one component says about Kubernetes. */
interface SkewRule {
  readonly component: Exclude<Component, "kubernetes">;
  /** Whether the newest minor is a limit, or only the last one tested. */
  readonly maximum: "enforced" | "tested";
  /** By minor of the component, oldest first. */
  readonly kubernetes: Readonly<Record<string, KubernetesRange>>;
}

const rules: readonly SkewRule[] = [
  {
    // Source: siderolabs/talos pkg/machinery/compatibility/talos1{11,12,13,14}, Minimum- and MaximumKubernetesVersion. A
    // machine refuses configs outside of it (ValidateKubernetesImageTag). Add here what a new minor brings.
    component: "talos",
    maximum: "enforced",
    kubernetes: {
      "1.11": ["1.29", "1.34"],
      "1.12": ["1.30", "1.35"],
      "1.13": ["1.31", "1.36"],
      "1.14": ["1.32", "1.37"],
    },
  },
  {
    // Source: cilium/cilium Documentation/network/kubernetes/compatibility.rst of each stable branch, "e2e tested"
    // (1.18.14; 1.19 and 1.20 as quoted in thaum-xyz/ankhmorpork#1054 and #1056).
    component: "cilium",
    maximum: "tested",
    kubernetes: { "1.18": ["1.30", "1.33"], "1.19": ["1.31", "1.34"], "1.20": ["1.33", "1.36"] },
  },
  {
    // Source: fluxcd/flux2 at v2.7.5, v2.8.8 and v2.9.4: minimum of `flux check --pre`, newest minor of the conformance
    // tests.
    component: "flux",
    maximum: "tested",
    kubernetes: { "2.7": ["1.32", "1.34"], "2.8": ["1.33", "1.35"], "2.9": ["1.33", "1.36"] },
  },
];

/** Minors of Kubernetes that Talos 1.N is ahead. Source: siderolabs/talos pkg/machinery/compatibility. */
const ahead = 23;

/** The newest minor of Kubernetes for a Talos that need not be in the table, e.g. `1.36` for `v1.13.9` or contract `v1.13`. */
export function newestKubernetesFor(talos: string): string | undefined {
  return minorBeside(talos, ahead);
}

/** The oldest minor of Talos for a Kubernetes, e.g. `1.13` for `v1.36.3`. */
export function oldestTalosFor(kubernetes: string): string | undefined {
  return minorBeside(kubernetes, -ahead);
}

function minorBeside(version: string, distance: number): string | undefined {
  const parsed = parseVersion(version);
  return parsed && `${parsed.major}.${parsed.minor + distance}`;
}

/**
 * Compares every version that is given with the Kubernetes version. A problem: a minimum is not met, or a machine would refuse
 * the version; a warning: newer than what was tested together. Malformed versions are left to their own rules.
 */
export function checkSkew(versions: Versions): Findings {
  return sortFindings(rules.flatMap((rule) => checkRule(rule, versions) ?? []));
}

/**
 * Whether the fixed order of a run (Talos, Kubernetes, Cilium, Flux) leads through versions that do not go together: a
 * component that comes later is still the old one when Kubernetes is already the new one, and the other way round for
 * Talos. Minimums and Talos' limits hold on the way as well; of what is only tested, one untested minor is bridged, more
 * are not.
 * @returns what to bump first, in a run of its own
 */
export function checkOrder(reached: Versions, wanted: Versions): readonly Problem[] {
  const changed = changes(reached, wanted);
  const [running = "", kubernetes = ""] = [reached.kubernetes, wanted.kubernetes];
  if (!changed.includes("kubernetes")) return [];
  return rules.flatMap((rule) => {
    if (!changed.includes(rule.component)) return [];
    const order = {
      from: reached[rule.component] ?? "",
      to: wanted[rule.component] ?? "",
      running,
      kubernetes,
    };
    return (rule.component === "talos" ? kubernetesFirst(rule, order) : componentFirst(rule, order)) ?? [];
  });
}

/** From which version of a component to which, and the same of Kubernetes. */
type Order = Readonly<Record<"from" | "to" | "running" | "kubernetes", string>>;

/** The new Talos runs beside the old Kubernetes for a while. */
function kubernetesFirst(rule: SkewRule, { to, running, kubernetes }: Order): Problem | undefined {
  const [oldest] = rangeOf(rule, to) ?? [];
  if (compareMinors(running, oldest) >= 0) return undefined;
  return {
    path: settings.talos,
    message: `Talos comes before Kubernetes, and Talos ${to} needs Kubernetes ${oldest ?? ""}, while the cluster has ${running}`,
    todo: `bump Kubernetes to ${kubernetes} first, in an up of its own`,
  };
}

/** The old component runs with the new Kubernetes for a while. */
function componentFirst(rule: SkewRule, { from, to, running, kubernetes }: Order): Problem | undefined {
  const [, newest] = rangeOf(rule, from) ?? [];
  const untested = (parseVersion(kubernetes)?.minor ?? 0) - (parseVersion(newest)?.minor ?? Infinity);
  if (untested < 2) return undefined;
  const name = names[rule.component];
  const [oldest] = rangeOf(rule, to) ?? [];
  return {
    path: settings[rule.component],
    message: `Kubernetes comes before ${name}, and ${name} ${from} is tested up to Kubernetes ${newest ?? ""}, not with ${kubernetes}`,
    todo:
      compareMinors(running, oldest) >= 0
        ? `bump ${name} to ${to} first, in an up of its own`
        : `bump ${name} first, in an up of its own, to a version that supports Kubernetes ${running}`,
  };
}

function rangeOf({ kubernetes }: SkewRule, version: string): KubernetesRange | undefined {
  return kubernetes[minorOf(version) ?? ""];
}

function checkRule(rule: SkewRule, versions: Versions): Finding | undefined {
  const [own = "", kubernetes = ""] = [versions[rule.component], versions.kubernetes];
  if (minorOf(own) === undefined) return undefined;
  const [path, name] = [settings[rule.component], names[rule.component]];
  const known = Object.keys(rule.kubernetes);
  const [oldestOwn = "", newestOwn = ""] = [known[0], known.at(-1)];
  // Nothing is known about minors that came after this table; those before it are not supported any more.
  if (compareMinors(own, newestOwn) > 0)
    return `${name} ${own} is newer than ${newestOwn}, the newest this program knows`;
  const range = rangeOf(rule, own);
  if (range === undefined)
    return {
      path,
      message: `${own} is older than ${oldestOwn}, the oldest ${name} this program supports`,
      todo: `take ${name} ${oldestOwn} or newer`,
    };
  const [oldest, newest] = range;
  if (compareMinors(kubernetes, oldest) < 0)
    return {
      path: settings.kubernetes,
      message: `${kubernetes} is older than ${oldest}, the oldest Kubernetes that ${name} ${own} supports`,
      todo: `raise it to ${oldest} or newer, or take an older ${name} (${path})`,
    };
  if (compareMinors(kubernetes, newest) <= 0) return undefined;
  if (rule.maximum === "tested")
    return `${name} ${own} is tested up to Kubernetes ${newest}, not with ${kubernetes}`;
  return {
    path: settings.kubernetes,
    message: `${kubernetes} is newer than ${newest}, the newest Kubernetes that ${name} ${own} accepts`,
    todo: `lower it to ${newest} or older, or take a newer ${name} (${path})`,
  };
}
