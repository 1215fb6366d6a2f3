// A row of a plan in one line.
import type { PlanRow } from "../../commands/plan/types.ts";

/** e.g. `k8s-1 Talos drain and reboot v1.11.6>v1.12.0` */
export function planRow({ on, what, impact, changes }: PlanRow): string {
  return [...on, what, impact, ...changes.map(({ from, to }) => `${from ?? ""}>${to ?? ""}`)].join(" ");
}
