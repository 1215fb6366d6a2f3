// Who may call what: the roles in a client certificate against Talos' table of methods.
// Source: siderolabs/talos v1.12.0 internal/app/machined/pkg/system/services/machined.go.
import { StatusError } from "./errors.ts";

/** A role of the Talos API, taken from the organizations of a client certificate. */
export type Role = "os:admin" | "os:operator" | "os:reader" | "os:etcd:backup" | "os:impersonator";

const known: readonly Role[] = ["os:admin", "os:operator", "os:reader", "os:etcd:backup", "os:impersonator"];

const machineMethods: readonly [string, string][] = [
  [
    "admin",
    "ApplyConfiguration Bootstrap EtcdLeaveCluster EtcdRecover EtcdRemoveMemberByID Kubeconfig Read Reset Rollback Upgrade",
  ],
  [
    "admin operator",
    "EtcdAlarmDisarm ImagePull Reboot Restart ServiceRestart ServiceStart ServiceStop Shutdown",
  ],
  [
    "admin operator reader",
    "Containers Dmesg Events Hostname ImageList List LoadAvg Logs LogsContainers Memory ServiceList Stats Version",
  ],
  ["admin operator reader backup", "EtcdAlarmList EtcdMemberList EtcdStatus"],
  ["admin operator backup", "EtcdSnapshot"],
];

const short: Readonly<Record<string, Role>> = {
  admin: "os:admin",
  operator: "os:operator",
  reader: "os:reader",
  backup: "os:etcd:backup",
};

const rules: ReadonlyMap<string, readonly Role[]> = new Map([
  ...machineMethods.flatMap(([roles, names]) =>
    names.split(" ").map((name) => [`/machine.MachineService/${name}`, named(roles)] as const),
  ),
  ["/machine.ImageService/Pull", named("admin operator")] as const,
  ...[
    "/cluster.ClusterService/HealthCheck",
    "/cosi.resource.State/Get",
    "/cosi.resource.State/List",
    "/cosi.resource.State/Watch",
    "/storage.StorageService/Disks",
    "/time.TimeService/Time",
    "/time.TimeService/TimeCheck",
  ].map((path) => [path, named("admin operator reader")] as const),
]);

/** The known roles among a certificate's organizations. */
export function parseRoles(organizations: readonly string[]): Role[] {
  return known.filter((role) => organizations.includes(role));
}

/** @throws StatusError PermissionDenied `not authorized`; methods without a rule are for admins only */
export function authorize(path: string, roles: readonly Role[]): void {
  const allowed = rules.get(path) ?? ["os:admin"];
  if (!roles.some((role) => allowed.includes(role)))
    throw new StatusError("PermissionDenied", "not authorized");
}

function named(roles: string): readonly Role[] {
  return roles.split(" ").flatMap((name) => short[name] ?? []);
}
