// What the shipped tree does for its owner: how one sees each of it in what Flux would apply, and the lines of the tree
// without which it is gone.
import { isDeepStrictEqual } from "node:util";
import type { TreeObject } from "../../../tree/index.ts";
import type { BuiltTree } from "./builtTree.ts";

/** One of them. */
export interface Feature {
  readonly name: string;
  readonly holds: (tree: BuiltTree) => boolean;
  /** A file of the tree, a text in it, and what stands there when the feature is taken out. Default: nothing. */
  readonly without: readonly [file: string, text: string, instead?: string];
}

const optOut = "substitution.flux.home.arpa/disabled";

/** All of them. */
export const features: readonly Feature[] = [
  {
    name: "every app can be decrypted",
    holds: (tree) => apps(tree).every((app) => at(app, "spec.decryption.secretRef.name") === "age-key"),
    without: ["flux/apps.yaml", "              name: age-key", "              name: another"],
  },
  {
    name: "every app gets the variables",
    holds: (tree) => tree.problems.length === 0 && apps(tree).every((app) => variablesOf(app).length === 2),
    without: ["flux/apps.yaml", "              - kind: Secret\n                name: cluster-secrets\n"],
  },
  {
    name: "an app full of dollar signs opts out by its label",
    holds: (tree) => String(at(tree.one("ConfigMap", "backup"), "data.backup\\.sh")).includes("${TARGET}"),
    without: ["apps/default/backup/ks.yaml", `  labels:\n    ${optOut}: "true"\n`],
  },
  {
    name: "drift of every HelmRelease is corrected",
    holds: (tree) =>
      tree.all("HelmRelease").every((release) => at(release, "spec.driftDetection.mode") === "enabled"),
    without: ["apps/media/kustomization.yaml", "  - ../../components/helm-releases\n"],
  },
  {
    name: "a failed upgrade of every HelmRelease is taken back and tried again",
    holds: (tree) =>
      tree.all("HelmRelease").every((release) =>
        isDeepStrictEqual(at(release, "spec.upgrade"), {
          cleanupOnFail: true,
          remediation: { retries: 3 },
        }),
      ),
    without: ["components/helm-releases/kustomization.yaml", "cleanupOnFail: true", "force: false"],
  },
  {
    name: "the ingress comes after the issuers",
    holds: (tree) => comesAfter(tree, "traefik", "cert-manager-issuers"),
    without: ["apps/networking/traefik/ks.yaml", "    - name: cert-manager-issuers\n"],
  },
  {
    name: "the issuers come after cert-manager",
    holds: (tree) => comesAfter(tree, "cert-manager-issuers", "cert-manager"),
    without: ["apps/cert-manager/cert-manager-issuers/ks.yaml", "  dependsOn:\n    - name: cert-manager\n"],
  },
  {
    name: "cloudflared comes after external-dns",
    holds: (tree) => comesAfter(tree, "cloudflared", "external-dns"),
    without: ["apps/networking/cloudflared/ks.yaml", "  dependsOn:\n    - name: external-dns\n"],
  },
  {
    name: "no namespace of the apps is ever pruned",
    holds: (tree) =>
      tree
        .all("Namespace")
        .every(({ metadata }) => metadata.annotations?.["kustomize.toolkit.fluxcd.io/prune"] === "disabled"),
    without: ["apps/storage/kustomization.yaml", "  - ../../components/namespace\n"],
  },
  {
    name: "storage outlives a Kustomization that is deleted by mistake",
    holds: (tree) => at(tree.one("Kustomization", "openebs"), "spec.deletionPolicy") === "Orphan",
    without: ["apps/storage/openebs/ks.yaml", "deletionPolicy: Orphan", "deletionPolicy: Delete"],
  },
  {
    name: "what fails is tried again soon, and given up in time",
    holds: (tree) =>
      tree
        .all("Kustomization")
        .every((app) => at(app, "spec.retryInterval") === "2m" && at(app, "spec.timeout") === "5m"),
    without: ["apps/media/jellyfin/ks.yaml", "  retryInterval: 2m\n"],
  },
  {
    name: "a changed setting is taken at once",
    holds: (tree) => isWatched(tree.one("ConfigMap", "cluster-settings")),
    without: ["flux/vars/cluster-settings.yaml", "    reconcile.fluxcd.io/watch: Enabled\n", "    a: b\n"],
  },
  {
    name: "a changed secret is taken at once",
    holds: (tree) => isWatched(tree.one("Secret", "cluster-secrets")),
    without: [
      "flux/vars/cluster-secrets.sops.yaml.example",
      "    reconcile.fluxcd.io/watch: Enabled\n",
      "    a: b\n",
    ],
  },
  {
    name: "a HelmRelease that fails is said in its own namespace",
    holds: (tree) =>
      tree
        .all("HelmRelease")
        .every((release) => tree.all("Alert").some((alert) => isAbout(alert, "HelmRelease", release))),
    without: ["apps/media/kustomization.yaml", "  - ../../components/alerts\n"],
  },
  {
    name: "a Kustomization or a source that fails is said",
    holds: (tree) =>
      ["Kustomization", "GitRepository", "OCIRepository", "HelmRepository"].every((kind) =>
        isAbout(tree.one("Alert", "flux"), kind, tree.one("GitRepository", "home-cluster")),
      ),
    without: [
      "apps/flux-system/notifications/app/alertmanager.yaml",
      '    - kind: OCIRepository\n      name: "*"\n',
    ],
  },
  {
    name: "Flux hears of a push",
    holds: (tree) =>
      isDeepStrictEqual(at(tree.one("Receiver", "github"), "spec.resources"), [
        { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", name: "home-cluster" },
      ]) && at(tree.one("Receiver", "github"), "spec.secretRef.name") === "github-webhook-token",
    without: ["apps/flux-system/kustomization.yaml", "  - webhook/ks.yaml\n"],
  },
  {
    name: "commits get their status at the repository that Flux reads",
    holds: (tree) =>
      at(tree.one("Provider", "github-status"), "spec.address") ===
      String(at(tree.one("GitRepository", "home-cluster"), "spec.url"))
        .replace("ssh://git@", "https://")
        .replace(/\.git$/, ""),
    without: [
      "flux/vars/cluster-settings.yaml",
      "GITHUB_REPOSITORY: home/home-cluster",
      "GITHUB_REPOSITORY: a/b",
    ],
  },
  {
    name: "Flux runs itself from its own artifact",
    holds: (tree) => argsOf(tree, "source-controller").length > 0,
    without: [
      "flux/config/flux.yaml",
      "    kind: OCIRepository\n    name: flux-manifests\n",
      "    kind: GitRepository\n    name: home-cluster\n",
    ],
  },
  {
    name: "helm-controller ends in good order before its memory does",
    holds: (tree) =>
      [
        "--feature-gates=OOMWatch=true",
        "--oom-watch-memory-threshold=95",
        "--oom-watch-interval=500ms",
      ].every((arg) => argsOf(tree, "helm-controller").includes(arg)),
    without: ["flux/config/flux.yaml", "value: --oom-watch-interval=500ms", "value: --log-encoding=json"],
  },
  {
    name: "dependents are looked at soon",
    holds: (tree) =>
      ["kustomize-controller", "helm-controller"].every((name) =>
        argsOf(tree, name).includes("--requeue-dependency=5s"),
      ),
    without: ["flux/config/flux.yaml", "value: --requeue-dependency=5s", "value: --log-encoding=json"],
  },
  {
    name: "Flux's own namespace is never pruned",
    holds: (tree) =>
      tree.one("Namespace", "flux-system").metadata.annotations?.["kustomize.toolkit.fluxcd.io/prune"] ===
      "disabled",
    without: ["flux/config/flux.yaml", "kustomize.toolkit.fluxcd.io/prune: disabled", "a: b"],
  },
  {
    name: "nobody but Pulumi writes the objects of the hand-off",
    holds: (tree) =>
      [
        tree.one("OCIRepository", "flux-manifests"),
        tree.one("GitRepository", "home-cluster"),
        tree.one("Kustomization", "flux"),
        tree.one("Kustomization", "cluster"),
      ].every(
        ({ metadata }) => metadata.annotations?.["kustomize.toolkit.fluxcd.io/reconcile"] === "disabled",
      ),
    without: ["flux/config/cluster.yaml", "kustomize.toolkit.fluxcd.io/reconcile: disabled", "a: b"],
  },
];

/** Flux Kustomizations below apps/ that have not opted out. */
function apps(tree: BuiltTree): readonly TreeObject[] {
  return tree
    .all("Kustomization")
    .filter((app) => String(at(app, "spec.path")).startsWith("./cluster/apps/"))
    .filter(({ metadata }) => metadata.labels?.[optOut] !== "true");
}

function variablesOf(app: TreeObject): readonly unknown[] {
  return (at(app, "spec.postBuild.substituteFrom") ?? []) as readonly unknown[];
}

function comesAfter(tree: BuiltTree, app: string, other: string): boolean {
  const dependsOn = (at(tree.one("Kustomization", app), "spec.dependsOn") ?? []) as readonly {
    name: string;
  }[];
  return dependsOn.some(({ name }) => name === other);
}

/** Whether an Alert says errors of all objects of a kind in the namespace of an object. */
function isAbout(alert: TreeObject, kind: string, { metadata }: TreeObject): boolean {
  const sources = (at(alert, "spec.eventSources") ?? []) as readonly { kind: string; name: string }[];
  return (
    alert.metadata.namespace === metadata.namespace &&
    at(alert, "spec.eventSeverity") === "error" &&
    sources.some((source) => source.kind === kind && source.name === "*")
  );
}

function isWatched({ metadata }: TreeObject): boolean {
  return metadata.labels?.["reconcile.fluxcd.io/watch"] === "Enabled";
}

function argsOf(tree: BuiltTree, deployment: string): readonly string[] {
  const [container] = (at(tree.one("Deployment", deployment), "spec.template.spec.containers") ??
    []) as readonly {
    args?: readonly string[];
  }[];
  return container?.args ?? [];
}

/** The value at a path such as `spec.path`; a dot in a key is `\.`. */
function at(object: TreeObject, path: string): unknown {
  return path
    .split(/(?<!\\)\./)
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key.replace("\\.", ".")],
      object,
    );
}
