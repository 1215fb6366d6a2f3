// What nobody can use while `up` is at work, because there is nothing that stands in for it.
import { restartsApiServer } from "./rules/configCosts.ts";
import type { Size } from "./estimates.ts";
import type { Impact } from "./types.ts";
import type { Unit } from "./units.ts";

/** Impacts with which a machine is away for a while. */
const away: readonly Impact[] = ["reboot", "drain and reboot"];

/** One sentence for each thing that is away meanwhile, most important first. */
export function outagesOf(
  units: readonly Unit[],
  roles: ReadonlyMap<string, string>,
  size: Size,
): readonly string[] {
  const { controlPlanes, workers } = size;
  const updates = units.filter(({ action }) => action === "update");
  const rebooting = (role: string): readonly string[] =>
    updates
      .filter(
        ({ machine, rule }) => roles.get(machine ?? "") === role && away.includes(rule.row?.impact ?? "none"),
      )
      .map(({ machine = "" }) => machine);
  const [planes, others] = [[...new Set(rebooting("controlplane"))], [...new Set(rebooting("worker"))]];
  const isApiRestarted = updates.some((unit) => restartsApi(unit, roles));
  const sentences = [
    controlPlanes === 1 && planes.length > 0 && ofOnlyPlane(planes.join(), workers),
    controlPlanes === 1 &&
      planes.length === 0 &&
      isApiRestarted &&
      "the Kubernetes API does not answer while its only server starts again, up to three minutes; what runs goes on",
    controlPlanes === 2 &&
      planes.length > 0 &&
      `the Kubernetes API does not answer while ${planes.join(" or ")} reboots: of two control planes etcd needs both`,
    workers === 1 &&
      others.length > 0 &&
      `${others.join()} is the only worker: while it reboots its pods have nowhere to go, unless control planes take pods`,
  ];
  return sentences.filter((sentence) => sentence !== false);
}

function ofOnlyPlane(machine: string, workers: number): string {
  return workers === 0
    ? `everything stands still while ${machine} reboots: it is the only machine`
    : `the Kubernetes API does not answer while ${machine} reboots: it is the only control plane; what runs on the workers goes on`;
}

/** Whether the API server of a control plane starts again. */
function restartsApi({ name, rule, machine, changes }: Unit, roles: ReadonlyMap<string, string>): boolean {
  if (rule.row === undefined) return false;
  if (name === "talos-kubernetes") return true;
  return (
    roles.get(machine ?? "") === "controlplane" &&
    changes.some(({ path }) => restartsApiServer(path.replace(/^config\./, "")))
  );
}
