// Rules between versions.
import { problem, type Problem } from "../problem.ts";
import type { StackReading } from "../readStack.ts";
import { checkSkew } from "../skew.ts";
import { compareMinors, minorOf, minorText } from "../version.ts";

/** What is wrong and what is only untested. */
export interface VersionFindings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Contract and versions of the stack; Flux' version is in the tree and is checked with it. */
export function checkVersions(values: StackReading["values"]): VersionFindings {
  const { talos, kubernetes, cilium } = values.versions ?? {};
  const skew = checkSkew({ talos, kubernetes, cilium });
  return { problems: [...checkContract(values), ...skew.errors], warnings: skew.warnings };
}

/** Machines do not understand configs that are newer than themselves. */
function checkContract(values: StackReading["values"]): readonly Problem[] {
  const contract = minorOf(values.cluster?.talosContract ?? "");
  const talos = minorOf(values.versions?.talos ?? "");
  if (contract === undefined || talos === undefined || compareMinors(contract, talos) <= 0) return [];
  return [
    problem(
      "cluster.talosContract",
      `v${minorText(contract)} is newer than versions.talos ${values.versions?.talos ?? ""}, which would refuse its machine configs`,
      `write v${minorText(talos)} for a new cluster; on a living one leave it at what it was born with`,
    ),
  ];
}
