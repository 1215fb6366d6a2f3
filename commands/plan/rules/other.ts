// Rules for everything that has none of its own: steps that only look, connections, and what the plan does not know.
import { derived, type Rule } from "./rule.ts";

/** Tried in this order; the last ones fit everything. */
export const otherRules: readonly Rule[] = [
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
