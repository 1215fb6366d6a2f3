// What is lost with an object that Flux deletes, or deletes and makes anew: what Git does not bring back.
import type { TreeObject } from "../../tree/index.ts";

/**
 * Custom resources whose operators delete the data with them, by API group. Sources: the operators' own docs on deletion,
 * e.g. cloudnative-pg.io "PVC are deleted with the Cluster", rook.io "cleanup".
 */
const dataKinds: Readonly<Record<string, readonly string[]>> = {
  "postgresql.cnpg.io": ["Cluster"],
  "k8s.mariadb.com": ["MariaDB", "Database"],
  "mysql.oracle.com": ["InnoDBCluster"],
  "psmdb.percona.com": ["PerconaServerMongoDB"],
  "pxc.percona.com": ["PerconaXtraDBCluster"],
  "longhorn.io": ["Volume"],
  "ceph.rook.io": ["CephCluster", "CephBlockPool", "CephFilesystem", "CephObjectStore"],
  "objectbucket.io": ["ObjectBucketClaim"],
  "snapshot.storage.k8s.io": ["VolumeSnapshot"],
  "minio.min.io": ["Tenant"],
};

/** What goes with a deleted object; undefined when it is only the object, which Git can bring back. */
export function lossOf(object: TreeObject): string | undefined {
  const { kind, apiVersion } = object;
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  switch (kind) {
    case "Namespace":
      return "everything in it";
    case "CustomResourceDefinition":
      return "every object of that kind";
    case "PersistentVolumeClaim":
    case "PersistentVolume":
      return "perhaps its data";
    case "HelmRelease":
      return "everything that its chart made: claims and their data, unless the chart keeps them";
    case "StatefulSet":
      return deletesClaims(object) ? "its claims and their data (whenDeleted: Delete)" : undefined;
    default:
      return dataKinds[group]?.includes(kind) === true ? "its data" : undefined;
  }
}

/**
 * What is lost by a change of an object that stays.
 * @param isForced whether its Kustomization deletes and makes anew what cannot be changed in place (spec.force)
 */
export function lossByChange(old: TreeObject, next: TreeObject, isForced: boolean): string | undefined {
  if (old.kind === "HelmRelease") {
    const [before, after] = [targetOf(old), targetOf(next)];
    const moved = (Object.keys(before) as (keyof typeof before)[]).filter(
      // The chart of a source has its name from there.
      (key) => before[key] !== after[key] && (key !== "chart" || (before[key] !== "" && after[key] !== "")),
    );
    return moved.length === 0
      ? undefined
      : `is uninstalled and installed anew, because its ${moved.join(" and ")} changes`;
  }
  const isClaim = old.kind === "PersistentVolumeClaim" || old.kind === "PersistentVolume";
  if (isClaim && isForced && JSON.stringify(fixedOf(old)) !== JSON.stringify(fixedOf(next)))
    return "is deleted and made anew, because what changes is fixed and its Kustomization says force";
  return undefined;
}

/**
 * What makes a release another one: helm-controller then uninstalls the old one first. Source: fluxcd/helm-controller
 * internal/action, ReleaseTargetChanged.
 */
function targetOf({
  metadata,
  spec,
}: TreeObject): Readonly<Record<"namespace" | "storage namespace" | "release name" | "chart", string>> {
  const fields = (spec ?? {}) as {
    readonly targetNamespace?: string;
    readonly storageNamespace?: string;
    readonly releaseName?: string;
    readonly chart?: { readonly spec?: { readonly chart?: string } };
  };
  const { targetNamespace, storageNamespace, releaseName, chart } = fields;
  const own = metadata.namespace ?? "";
  return {
    namespace: targetNamespace ?? own,
    "storage namespace": storageNamespace ?? own,
    "release name": releaseName ?? [targetNamespace, metadata.name].filter(Boolean).join("-"),
    chart: chart?.spec?.chart?.split("/").at(-1) ?? "",
  };
}

/** Of a claim only the size can be changed in place. */
function fixedOf({ spec }: TreeObject): unknown {
  const { resources: _, ...fixed } = (spec ?? {}) as { readonly resources?: unknown };
  return fixed;
}

function deletesClaims({ spec }: TreeObject): boolean {
  const { persistentVolumeClaimRetentionPolicy: policy } = (spec ?? {}) as {
    readonly persistentVolumeClaimRetentionPolicy?: { readonly whenDeleted?: string };
  };
  return policy?.whenDeleted === "Delete";
}
