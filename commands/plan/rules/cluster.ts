// Rules for Kubernetes itself and its network.
import { lost, type Rule } from "./rule.ts";

/** Tried in this order. */
export const clusterRules: readonly Rule[] = [
  {
    name: /^cluster-etcd$/,
    action: ["create"],
    row: { on: "Kubernetes", what: "bootstrap", impact: "none" },
    because: "etcd begins on the first control plane, Kubernetes on top of it",
    takes: "bootstrap",
  },
  {
    name: /^cluster-cilium$/,
    action: ["create"],
    row: { on: "Cilium", what: "chart", impact: "none", value: { path: "version" } },
    because: "new",
    takes: "cilium",
  },
  {
    name: /^cluster-cilium$/,
    action: lost,
    row: { on: "Cilium", what: "chart", impact: "replace", destructive: true },
    because: "without it no pod has a network until it is there again",
    takes: "cilium",
  },
  {
    name: /^cluster-cilium$/,
    some: ({ path }) => /^(version$|values|chart$|repositoryOpts)/.test(path),
    row: { on: "Cilium", what: "chart", impact: "restart", shows: /^version$|^values\./, named: true },
    because: "the agents start again, node by node; connections that exist go on",
    takes: "cilium",
  },
  {
    name: /^cluster-cilium$/,
    row: { on: "Cilium", what: "Helm settings", impact: "live", shows: /^/, named: true },
    because: "how Helm waits, not what it installs",
  },
  {
    name: /^cluster-kubernetes$/,
    action: lost,
    row: { on: "cluster", what: "Kubernetes provider", impact: "replace", destructive: true },
    because: "everything in the cluster is made anew with it",
    takes: "look",
  },
  {
    name: /^cluster-kubeconfig$/,
    action: ["replace", "update"],
    row: { on: "cluster", what: "kubeconfig", impact: "live" },
    because: "a new admin certificate; the old one goes on working until it expires",
    follows: /^/,
  },
];
