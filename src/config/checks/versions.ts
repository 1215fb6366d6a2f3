// Rules between versions.
import type { Versions } from "../../versions/components.ts";
import { checkSkew } from "../../versions/skew.ts";
import { compareMinors, minorOf } from "../../versions/version.ts";
import { problem, type Findings, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

/** Contract and versions of the stack; Flux' version is in the tree and is checked with it. */
export function checkVersions(values: Values): Findings {
  const { problems, warnings } = checkTogether(values.versions ?? {});
  return { problems: [...checkContract(values), ...problems], warnings };
}

/** Whether the versions that are given go together. */
export function checkTogether(versions: Versions): Findings {
  const { errors, warnings } = checkSkew(versions);
  return { problems: errors, warnings };
}

/** Machines do not understand configs that are newer than themselves. */
function checkContract(values: Values): readonly Problem[] {
  const [contract, talos] = [values.cluster?.talosContract ?? "", values.versions?.talos ?? ""];
  if (compareMinors(contract, talos) <= 0) return [];
  return [
    problem(
      "cluster.talosContract",
      `${contract} is newer than versions.talos ${talos}, which would refuse its machine configs`,
      `write v${minorOf(talos) ?? ""} for a new cluster; on a living one leave it at what it was born with`,
    ),
  ];
}
