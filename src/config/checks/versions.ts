// Rules between versions.
import { checkSkew } from "../../versions/skew.ts";
import { compareMinors, minorOf } from "../../versions/version.ts";
import { problem, type Finding } from "../problem.ts";
import type { Values } from "../readStack.ts";

/** Contract and versions of the stack; Flux' version is in the tree and is checked with it. */
export function* checkVersions({ versions = {}, cluster }: Values): Iterable<Finding> {
  const [contract = "", talos = ""] = [cluster?.talosContract, versions.talos];
  // Machines do not understand configs that are newer than themselves.
  if (compareMinors(contract, talos) > 0)
    yield problem(
      "cluster.talosContract",
      `${contract} is newer than versions.talos ${talos}, which would refuse its machine configs`,
      `write v${minorOf(talos) ?? ""} for a new cluster; on a living one leave it at what it was born with`,
    );
  const { problems, warnings } = checkSkew(versions);
  yield* [...problems, ...warnings];
}
