// Rules for Flux, its keys and its way to Git.
import { lost, type Rule } from "./rule.ts";

/** Tried in this order. In states of former versions `flux-kustomization` is called `flux-flux`. */
export const fluxRules: readonly Rule[] = [
  {
    name: /^flux-secrets-(namespace|age-key|deploy-key-secret|webhook-token-secret)$/,
    action: ["create"],
    row: { on: "Flux", what: "namespace and Secrets", impact: "none" },
    because: "new",
  },
  {
    name: /^flux-secrets-namespace$/,
    action: lost,
    row: { on: "Flux", what: "namespace flux-system", impact: "wipe", destructive: true },
    because: "everything in it goes with it",
    takes: "flux",
  },
  {
    name: /^flux-secrets-age-key$/,
    action: lost,
    row: { on: "Flux", what: "Secret age-key", impact: "replace", destructive: true },
    because: "Flux cannot decrypt the tree until it is there again",
  },
  {
    name: /^flux-secrets-(?:age-key|deploy-key-secret|webhook-token-secret)$/,
    row: { on: "Flux", what: "Secrets", impact: "live" },
    because: "Flux reads them again by itself",
  },
  {
    name: /^flux-secrets-deploy-key$/,
    action: ["create"],
    row: { on: "GitHub", what: "deploy key", impact: "none", value: { path: "repository" } },
    because: "new, read-only",
  },
  {
    name: /^flux-secrets-deploy-key$/,
    action: [...lost, "update"],
    row: { on: "GitHub", what: "deploy key", impact: "replace", shows: /^(repository|title)$/, named: true },
    because: "Flux reads nothing new from Git until the new key is in the cluster, seconds later",
  },
  {
    name: /^flux-webhook$/,
    action: ["create"],
    row: { on: "GitHub", what: "webhook", impact: "none", value: { path: "repository" } },
    because: "new: from here on a push reconciles at once",
  },
  {
    name: /^flux-webhook$/,
    row: { on: "GitHub", what: "webhook", impact: "live", shows: /^(repository|events)/, named: true },
    because: "without it Flux looks at its intervals",
  },
  {
    name: /^flux-install-bundle$/,
    action: ["create"],
    row: { on: "Flux", what: "controllers", impact: "none" },
    because: "new; the version is the tag in cluster/flux/config/flux.yaml",
    takes: "flux",
  },
  {
    name: /^flux-(flux-manifests|kustomization|flux|home-cluster)$/,
    action: ["create"],
    row: { on: "Flux", what: "hand-off to Git", impact: "none" },
    because: "new: from here on Flux applies the tree",
  },
  {
    name: /^flux-cluster$/,
    action: ["create"],
    row: { on: "Flux", what: "hand-off to Git", impact: "none" },
    because: "new: from here on Flux applies the tree",
    takes: "tree",
  },
  {
    name: /^flux-(flux-manifests|kustomization|flux|home-cluster|cluster)$/,
    action: lost,
    row: { on: "Flux", what: "hand-off to Git", impact: "replace", destructive: true },
    because: "while these objects are away Flux applies nothing, and what they own may go",
    takes: "tree",
  },
  {
    name: /^flux-flux-manifests$/,
    some: ({ path }) => path === "spec.ref.tag",
    row: { on: "Flux", what: "version", impact: "restart", shows: /^spec\.ref\.tag$/ },
    because: "Flux takes its controllers to the new version by itself; workloads go on",
    takes: "flux",
  },
  {
    name: /^flux-(kustomization|flux)$/,
    some: ({ path }) => path.startsWith("spec.patches"),
    row: {
      on: "Flux",
      what: "settings of the controllers",
      impact: "restart",
      shows: /^spec\./,
      named: true,
    },
    because: "the controllers start again with them; workloads go on",
    takes: "flux",
  },
  {
    name: /^flux-(flux-manifests|kustomization|flux|home-cluster|cluster)$/,
    every: ({ path }) => path === "spec.suspend",
    row: { on: "Flux", what: "suspended", impact: "live", shows: /^spec\.suspend$/ },
    because: "while it is suspended Flux applies nothing; afterwards it takes up what Git says by then",
    takes: "tree",
  },
  {
    name: /^flux-(flux-manifests|kustomization|flux|home-cluster|cluster)$/,
    row: { on: "Flux", what: "what it applies", impact: "live", shows: /^(spec|metadata)\./, named: true },
    because: "Flux takes it at its next look",
    takes: "tree",
  },
];
