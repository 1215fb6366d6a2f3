// Which machines the state has a config of. The outputs of the last finished run do not say it: when a later run failed, the
// state has moved on. It matters because the delete of such a config wipes whoever has its address.
import type { StateResources } from "./stackState.ts";

/** A machine with a config in the state. */
export interface ConfiguredMachine {
  /** e.g. `k8s-1` */
  readonly name: string;
  /** Where the config was sent, e.g. `192.0.2.11`. */
  readonly address: string;
  /** Whether its step `…-member` is there too. Without it the machine has left the cluster, and only has to be wiped. */
  readonly isMember: boolean;
}

const configType = "talos:machine/configurationApply:ConfigurationApply";

/** The machines among the resources of a state. Pure. */
export function configuredMachines(resources: StateResources): readonly ConfiguredMachine[] {
  const names = new Set(Object.keys(resources).map(nameOf));
  return Object.entries(resources).flatMap(([urn, { type, outputs }]) => {
    const name = /^talos-(.+)-config$/.exec(nameOf(urn))?.[1];
    const address = outputs?.["node"];
    if (type !== configType || name === undefined || typeof address !== "string") return [];
    return [{ name, address, isMember: names.has(`talos-${name}-member`) }];
  });
}

/** Logical name of a resource, the last part of its URN. */
function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}
