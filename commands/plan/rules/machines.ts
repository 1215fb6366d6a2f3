// Rules for the machines and what runs on them before Kubernetes.
import { needsReboot, needsRestart, restartsStaticPods } from "./configCosts.ts";
import { derived, lost, variable, type Rule } from "./rule.ts";

/** Images that the program writes into machine configs; the steps before have brought the machine to them. */
const versionImages =
  /^config\.(machine\.(install|kubelet)\.image|cluster\.(apiServer|controllerManager|scheduler)\.image)$/;

/** What the provider is told besides a config: the config that it sends is the same. */
const besidesConfig = /^(timeouts|clientConfiguration)(\.|$)/;

/** Path of a changed input inside the machine config. */
const configPath = (path: string): string => path.replace(/^config\./, "");

/** Those of a machine's config, tried in this order. */
const configRules: readonly Omit<Rule, "name">[] = [
  {
    action: ["create"],
    row: {
      what: "new machine",
      impact: "none",
      value: { path: "config.machine.install.image", part: /:([^:/]+)$/ },
    },
    because: "in maintenance mode: it is installed and joins, the others go on",
    takes: "install",
  },
  {
    action: ["replace"],
    row: { what: "another machine", impact: "wipe", destructive: true, shows: /^node$/ },
    because: "what Pulumi replaces is erased first, and installed again",
    takes: "wipe",
  },
  {
    action: ["update"],
    some: ({ path }) => path === "node",
    row: { what: "another address", impact: "wipe", destructive: true, shows: /^node$/ },
    because:
      "the machine there is asked who it is: this one with a new address is only moved; other hardware takes its place, and the old one is drained and erased (a warning says which, where it answers)",
    takes: "wipe",
    follows: /^(node|endpoint)$/,
  },
  {
    every: ({ path }) => versionImages.test(path),
    because: "the steps before have brought the machine to these images",
  },
  {
    every: ({ path }) => besidesConfig.test(path) && !path.startsWith("timeouts"),
    because: "the same config is sent again, with the renewed certificate",
    follows: besidesConfig,
  },
  {
    every: ({ path }) => besidesConfig.test(path) || versionImages.test(path),
    row: { what: "time limits", impact: "none", shows: /^timeouts/, named: true },
    because: "how long the provider tries; the same config is sent again, and nothing starts anew",
  },
  {
    some: ({ path }) => /^(machineConfigurationInput|configPatches)$/.test(path),
    row: {
      what: "base machine config",
      impact: "reboot",
      shows: /^config\.|^(machineConfigurationInput|configPatches)$/,
      named: true,
    },
    because: "it holds secrets and could not be looked into; what changes in it may need a reboot",
    takes: "reboot",
  },
  {
    some: ({ path }) => path.startsWith("config.") && needsReboot(configPath(path)),
    row: { what: "machine config", impact: "reboot", shows: /^config\./, named: true },
    because: "Talos takes this only with a reboot, and does that by itself, without a drain",
    takes: "reboot",
  },
  {
    some: ({ path }) =>
      path.startsWith("config.") && !versionImages.test(path) && restartsStaticPods(configPath(path)),
    row: { what: "machine config", impact: "restart", shows: /^config\./, named: true },
    because:
      "the pods of the control plane start again, one machine after the other: the next one waits until this API server is back",
    takes: "restartStaticPods",
  },
  {
    some: ({ path }) =>
      path.startsWith("config.") && !versionImages.test(path) && needsRestart(configPath(path)),
    row: { what: "machine config", impact: "restart", shows: /^config\./, named: true },
    because: "Talos takes this at once and starts what reads it again: the kubelet or its static pods",
    takes: "restartService",
  },
  {
    row: { what: "machine config", impact: "live", shows: /^config\./, named: true },
    because: "Talos takes this at once, without a reboot",
  },
];

/** Tried in this order. */
export const machineRules: readonly Rule[] = [
  {
    name: /^talos-secrets$/,
    action: ["create"],
    row: { on: "cluster", what: "keys", impact: "none" },
    because: "made once, kept in the stack's state",
    takes: "look",
  },
  {
    name: /^talos-secrets$/,
    action: lost,
    row: {
      on: "cluster",
      what: "all keys",
      impact: "replace",
      destructive: true,
      warning:
        "the keys of the cluster are made anew: no machine, certificate or kubeconfig of the living cluster fits them, the cluster is lost",
    },
    because: "machines accept only the keys they were given",
    takes: "look",
  },
  {
    name: /^talos-secrets$/,
    action: ["update"],
    row: { on: "cluster", what: "admin certificate", impact: "live" },
    because:
      "the certificate with which this program and talosctl reach the machines is renewed, the keys stay",
    takes: "look",
    follows: /^/,
  },
  {
    name: /^talos-(?<machine>.+)-os$/,
    action: ["update"],
    // A step that is told its generation for the first time belongs to a machine of the first one.
    some: ({ path, from, to }) => path === "environment.GENERATION" && to !== (from ?? "1"),
    row: { what: "made anew", impact: "wipe", destructive: true, shows: /^environment\.GENERATION$/ },
    because: "another generation: the machine is drained, leaves the cluster, is erased and installed again",
    takes: "wipe",
  },
  {
    name: /^talos-(?<machine>.+)-os$/,
    action: ["update"],
    some: variable("TALOS_VERSION", "SCHEMATIC_ID"),
    row: {
      what: "Talos",
      impact: "drain and reboot",
      alone: "reboot",
      shows: /^environment\.(TALOS_VERSION|SCHEMATIC_ID)$/,
    },
    because: "another version or schematic is another image: pods are evicted, the machine boots it",
    takes: "upgradeMachine",
    follows: derived,
  },
  {
    name: /^talos-(?<machine>.+)-gone$/,
    action: ["create"],
    row: { what: "given up", impact: "wipe", destructive: true },
    because: "declared gone: its etcd member and its Node are deleted, what was on it is lost",
  },
  {
    name: /^talos-(?<machine>.+)-(config|member)$/,
    action: ["delete"],
    row: { what: "leaves the cluster", impact: "wipe", destructive: true },
    because: "drained, out of etcd, its Node deleted, its disk erased",
    takes: "wipe",
  },
  ...configRules.map((rule) => ({ name: /^talos-(?<machine>.+)-config$/, follows: versionImages, ...rule })),
  {
    name: /^talos-kubernetes$/,
    action: ["update"],
    some: variable("KUBERNETES_VERSION"),
    row: { on: "Kubernetes", what: "version", impact: "restart", shows: /^environment\.KUBERNETES_VERSION$/ },
    because: "control plane pods and kubelets start again, machine by machine; other pods go on",
    takes: "upgradeKubernetes",
    follows: derived,
  },
  {
    name: /^talos-prepare$/,
    action: ["update"],
    because: "looks at everything first, takes a snapshot of etcd and pulls the images",
    takes: "prepare",
    follows: derived,
  },
];
