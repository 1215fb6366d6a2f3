// Which versions go together. Data with its source; checked here before any resource is registered, and again by the
// steps against what really runs.
import { problem, type Problem } from "./problem.ts";
import { compareMinors, minorOf, minorText, type Minor } from "./version.ts";

/** The versions of one cluster, e.g. `v1.13.9`, `v1.36.3`, `1.20.1`, `v2.9.4`; undefined where one is not known. */
export interface Versions {
  readonly talos?: string | undefined;
  readonly kubernetes?: string | undefined;
  readonly cilium?: string | undefined;
  readonly flux?: string | undefined;
}

/** What {@link checkSkew} found. */
export interface SkewFindings {
  /** A minimum is not met, or a machine would refuse the version. */
  readonly errors: readonly Problem[];
  /** Newer than what was tested together. */
  readonly warnings: readonly string[];
}

/** The oldest and newest minor of Kubernetes, e.g. `["1.31", "1.36"]`. */
type KubernetesRange = readonly [oldest: string, newest: string];

/** What one component says about Kubernetes. */
interface SkewRule {
  readonly component: "Talos" | "Cilium" | "Flux";
  readonly version: keyof Versions;
  /** Where the version is set, for messages. */
  readonly path: string;
  /** Whether the newest minor is a limit, or only the last one tested. */
  readonly maximum: "enforced" | "tested";
  /** By minor of the component, oldest first. */
  readonly kubernetes: Readonly<Record<string, KubernetesRange>>;
}

const rules: readonly SkewRule[] = [
  {
    // Source: siderolabs/talos pkg/machinery/compatibility/talos1{11,12,13,14}, Minimum- and MaximumKubernetesVersion. A
    // machine refuses configs outside of it (ValidateKubernetesImageTag). Add here what a new minor brings.
    component: "Talos",
    version: "talos",
    path: "versions.talos",
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
    component: "Cilium",
    version: "cilium",
    path: "versions.cilium",
    maximum: "tested",
    kubernetes: { "1.18": ["1.30", "1.33"], "1.19": ["1.31", "1.34"], "1.20": ["1.33", "1.36"] },
  },
  {
    // Source: fluxcd/flux2 at v2.7.5, v2.8.8 and v2.9.4: minimum of `flux check --pre`, newest minor of the conformance
    // tests.
    component: "Flux",
    version: "flux",
    path: "the OCIRepository's tag in the tree",
    maximum: "tested",
    kubernetes: { "2.7": ["1.32", "1.34"], "2.8": ["1.33", "1.35"], "2.9": ["1.33", "1.36"] },
  },
];

/** Compares every version that is given with the Kubernetes version. Malformed versions are left to their own rules. */
export function checkSkew(versions: Versions): SkewFindings {
  const findings = rules.map((rule) => checkRule(rule, versions));
  return {
    errors: findings.flatMap(({ errors }) => errors),
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}

/**
 * Whether the fixed order of a run (Talos, Kubernetes, Cilium, Flux) leads through versions that do not go together: a
 * component that comes later is still the old one when Kubernetes is already the new one, and the other way round for
 * Talos. Minimums and Talos' limits hold on the way as well; of what is only tested, one untested minor is bridged, more
 * are not.
 * @returns what to bump first, in a run of its own
 */
export function checkOrder(reached: Versions, wanted: Versions): readonly Problem[] {
  return rules.flatMap((rule) => {
    const [from, to] = [reached[rule.version], wanted[rule.version]];
    if (from === undefined || to === undefined || from === to) return [];
    if (reached.kubernetes === undefined || wanted.kubernetes === undefined) return [];
    if (reached.kubernetes === wanted.kubernetes) return [];
    return rule.component === "Talos"
      ? kubernetesFirst(rule, to, reached.kubernetes, wanted.kubernetes)
      : componentFirst(rule, { from, to, running: reached.kubernetes, kubernetes: wanted.kubernetes });
  });
}

/** The new Talos runs beside the old Kubernetes for a while. */
function kubernetesFirst(rule: SkewRule, to: string, running: string, wanted: string): readonly Problem[] {
  const [oldest] = rangeOf(rule, to) ?? [];
  if (oldest === undefined || !isOlder(running, oldest)) return [];
  return [
    problem(
      rule.path,
      `Talos comes before Kubernetes, and Talos ${to} needs Kubernetes ${oldest}, while the cluster has ${running}`,
      `bump Kubernetes to ${wanted} first, in an up of its own`,
    ),
  ];
}

/** The old component runs with the new Kubernetes for a while. */
function componentFirst(
  rule: SkewRule,
  { from, to, running, kubernetes }: { from: string; to: string; running: string; kubernetes: string },
): readonly Problem[] {
  const newest = minorOf(rangeOf(rule, from)?.[1] ?? "");
  const wanted = minorOf(kubernetes);
  if (newest === undefined || wanted === undefined || wanted.minor - newest.minor < 2) return [];
  const [oldest = ""] = rangeOf(rule, to) ?? [];
  const possible = oldest === "" || !isOlder(running, oldest);
  return [
    problem(
      rule.path,
      `Kubernetes comes before ${rule.component}, and ${rule.component} ${from} is tested up to Kubernetes ${minorText(newest)}, not with ${kubernetes}`,
      possible
        ? `bump ${rule.component} to ${to} first, in an up of its own`
        : `bump ${rule.component} first, in an up of its own, to a version that supports Kubernetes ${running}`,
    ),
  ];
}

function rangeOf(rule: SkewRule, version: string): KubernetesRange | undefined {
  const own = minorOf(version);
  return own === undefined ? undefined : rule.kubernetes[minorText(own)];
}

function isOlder(version: string, than: string): boolean {
  const [one, other] = [minorOf(version), minorOf(than)];
  return one !== undefined && other !== undefined && compareMinors(one, other) < 0;
}

const none: SkewFindings = { errors: [], warnings: [] };

function checkRule(rule: SkewRule, versions: Versions): SkewFindings {
  const found = versions[rule.version];
  const own = minorOf(found ?? "");
  const kubernetes = minorOf(versions.kubernetes ?? "");
  if (found === undefined || own === undefined) return none;
  const range = rule.kubernetes[minorText(own)];
  if (range === undefined) return unknownMinor(rule, found, own);
  return kubernetes === undefined ? none : checkRange(rule, { found, kubernetes, versions, range });
}

/** Nothing is known about minors that came after this table; those before it are not supported any more. */
function unknownMinor(rule: SkewRule, found: string, own: Minor): SkewFindings {
  const known = Object.keys(rule.kubernetes);
  const [oldest = "", newest = ""] = [known[0], known.at(-1)];
  const isNewer = compareMinors(own, minorOf(newest) ?? own) > 0;
  if (isNewer)
    return {
      errors: [],
      warnings: [`${rule.component} ${found} is newer than ${newest}, the newest this program knows`],
    };
  const message = `${found} is older than ${oldest}, the oldest ${rule.component} this program supports`;
  return {
    errors: [problem(rule.path, message, `take ${rule.component} ${oldest} or newer`)],
    warnings: [],
  };
}

interface Comparison {
  readonly found: string;
  readonly kubernetes: Minor;
  readonly versions: Versions;
  readonly range: KubernetesRange;
}

function checkRange(rule: SkewRule, { found, kubernetes, versions, range }: Comparison): SkewFindings {
  const [oldest, newest] = range;
  const pair = `${rule.component} ${found}`;
  const asked = versions.kubernetes ?? "";
  if (compareMinors(kubernetes, minorOf(oldest) ?? kubernetes) < 0) {
    const message = `${asked} is older than ${oldest}, the oldest Kubernetes that ${pair} supports`;
    return {
      errors: [
        problem(
          "versions.kubernetes",
          message,
          `raise it to ${oldest} or newer, or take an older ${rule.component} (${rule.path})`,
        ),
      ],
      warnings: [],
    };
  }
  if (compareMinors(kubernetes, minorOf(newest) ?? kubernetes) <= 0) return none;
  if (rule.maximum === "tested")
    return { errors: [], warnings: [`${pair} is tested up to Kubernetes ${newest}, not with ${asked}`] };
  const message = `${asked} is newer than ${newest}, the newest Kubernetes that ${pair} accepts`;
  return {
    errors: [
      problem(
        "versions.kubernetes",
        message,
        `lower it to ${newest} or older, or take a newer ${rule.component} (${rule.path})`,
      ),
    ],
    warnings: [],
  };
}
