// What a change means: which resource, which of its inputs, and what it does to what runs. Data; the first rule that
// fits a step counts. Whoever adds a resource to the program adds its rule here; one without a rule is taken for the
// worst when it goes.
import type { Change } from "../changes.ts";
import { clusterRules } from "./cluster.ts";
import { fluxRules } from "./flux.ts";
import { machineRules } from "./machines.ts";
import type { Action } from "../preview.ts";
import { derived, type Rule } from "./rule.ts";

/** For what has none of its own: steps that only look, connections, and what the plan does not know. The last fit everything. */
const otherRules: readonly Rule[] = [
  {
    name: /^(?:talos-(?<machine>.+)-(?:inspect|os|config|member|gone)|.*)$/,
    type: /^command:local:Command$/,
    because: "a step that looks first and finds nothing to do",
    follows: derived,
  },
  {
    name: /^/,
    type: /^pulumi:(providers:|pulumi:Stack$)|^talos:cluster\/kubeconfig:|^home-ops:/,
    action: ["create", "update", "delete"],
    because: "a connection or a folder of resources, nothing that runs",
    follows: /^/,
  },
  {
    name: /^/,
    action: ["create"],
    row: { what: "new", impact: "none" },
    because: "new: nothing that runs is touched",
  },
  {
    name: /^/,
    action: ["update"],
    row: { what: "changed", impact: "live", shows: /^/, named: true },
    because: "changed in place",
  },
  {
    name: /^/,
    action: ["replace"],
    row: { what: "made anew", impact: "replace", destructive: true },
    because: "the plan does not know this resource, and takes it for the worst",
  },
  {
    name: /^/,
    action: ["delete"],
    row: { what: "deleted", impact: "wipe", destructive: true },
    because: "the plan does not know this resource, and takes it for the worst",
  },
];

const rules: readonly Rule[] = [...machineRules, ...clusterRules, ...fluxRules, ...otherRules];

/** The rule for a resource to which something happens, and its machine's name where it is about one. */
export function ruleFor(
  resource: { readonly name: string; readonly type: string; readonly action: Action },
  changes: readonly Change[],
): { readonly rule: Rule; readonly machine?: string } {
  for (const rule of rules) {
    const match = rule.name.exec(resource.name);
    if (match === null || !(rule.type?.test(resource.type) ?? true)) continue;
    if (!(rule.action?.includes(resource.action) ?? true)) continue;
    if (!(rule.some === undefined || changes.some(rule.some))) continue;
    if (!(rule.every === undefined || (changes.length > 0 && changes.every(rule.every)))) continue;
    const machine = match.groups?.["machine"];
    return machine === undefined ? { rule } : { rule, machine };
  }
  throw new Error(`no rule for ${resource.type} ${resource.name}: the last rules fit everything`);
}
